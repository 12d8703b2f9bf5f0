"""What one can do with the hooks of connections: give them a secret; and what comes to them."""

from __future__ import annotations

import secrets as random
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from pipelines import connections, remotes, sealing, secrets, triggering
from pipelines.core.git_payloads import NotUnderstood, Told, read
from pipelines.core.refusals import InvalidRequest, Throttled
from pipelines.core.rights import LIST_CONNECTIONS, UPDATE_CONNECTION
from pipelines.core.triggers import FILES_NOT_KNOWN, PullRequest, Repository
from pipelines.core.webhook_rules import is_from_host
from pipelines.git import COMMIT_ID
from pipelines.models import ConnectionHook, HookDelivery
from pipelines.models.webhooks import HookOutcome
from pipelines.providers.git_hosts import first_there
from pipelines.runner.hosts import host_of
from pipelines.watching import telling
from pipelines.webhooks.receiving import (
    NotReadable,
    Receipt,
    Received,
    ignored,
    payload_of,
    refused,
)

if TYPE_CHECKING:
    from uuid import UUID

    from pipelines.core.rights import Caller
    from pipelines.core.triggers import GitChange
    from pipelines.models import Connection
    from pipelines.triggering import Outcome

LOOK_SECONDS = 8
GREETINGS = {"ping", "diagnostics:ping"}


def url_of(connection: Connection) -> str:
    """Where the git host sends what happens."""
    return f"{settings.PENSTOCK_URL}/webhooks/connections/{connection.pk}"


def find(connection_id: UUID, *, by: Caller) -> ConnectionHook | None:
    """The hook, if it was given a secret.  Raises AccessDenied or ConnectionNotFound."""
    by.check(LIST_CONNECTIONS, on=connections.arn_of(connection_id))
    return ConnectionHook.objects.filter(connection=connections.find(connection_id)).first()


def renew(connection_id: UUID, *, by: Caller) -> str:
    """Open the hook with a new secret, which is told this once; the one before is void.

    Raises AccessDenied or ConnectionNotFound.
    """
    by.check(UPDATE_CONNECTION, on=connections.arn_of(connection_id))
    hook = ConnectionHook(connection=connections.find(connection_id), updated_by=by.arn)
    secret = random.token_urlsafe(32)
    hook.sealed_secret = secrets.seal(secret, of=str(hook))
    hook.updated_at = timezone.now()
    ConnectionHook.objects.bulk_create(
        [hook],
        update_conflicts=True,
        unique_fields=["connection"],
        update_fields=["sealed_secret", "updated_at", "updated_by"],
    )
    return secret


def close(connection_id: UUID, *, by: Caller) -> None:
    """Take nothing from the host any more.  Raises AccessDenied or ConnectionNotFound."""
    by.check(UPDATE_CONNECTION, on=connections.arn_of(connection_id))
    ConnectionHook.objects.filter(connection=connections.find(connection_id)).delete()


def received(connection_id: UUID, request: Received) -> Receipt | None:
    """Start the pipelines whose triggers match what the host tells of.

    None when the connection has no hook.  Telling it again starts nothing.
    """
    rows = ConnectionHook.objects.select_related("connection")
    hook = rows.filter(connection=connection_id).first()
    if hook is None:
        return None
    receipt, started = _receipt(hook, request)
    HookDelivery.objects.note(
        str(hook), receipt.outcome, receipt.said, event=request.event, executions=started
    )
    return receipt


def _receipt(hook: ConnectionHook, request: Received) -> tuple[Receipt, list[list[str]]]:
    try:
        return _considered(hook, request)
    except (NotReadable, NotUnderstood) as problem:
        return refused(str(problem)), []
    except (Throttled, sealing.Unreadable) as problem:
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return Receipt(status=status, outcome=HookOutcome.FAILED, said=str(problem)), []
    except (remotes.RemoteError, InvalidRequest) as problem:
        status = HTTPStatus.BAD_GATEWAY
        return Receipt(status=status, outcome=HookOutcome.FAILED, said=str(problem)), []


def _considered(hook: ConnectionHook, request: Received) -> tuple[Receipt, list[list[str]]]:
    secret = str(secrets.unseal(hook.sealed_secret, of=str(hook)))
    if not is_from_host(request.body, request.headers, secret):
        said = "The signature or the token of the request is missing or wrong."
        return refused(said, HTTPStatus.FORBIDDEN), []
    if request.event in GREETINGS:
        return ignored("The host says hello: the hook works."), []
    told = read(request.headers, payload_of(request))
    return _started(hook.connection, told) if told.changes else (ignored(f"{told.why}."), [])


def _started(connection: Connection, told: Told) -> tuple[Receipt, list[list[str]]]:
    arn, full_id = connections.arn_of(connection.pk), _below(connection, told.repository)
    repository = Repository(connection_arn=arn, full_id=full_id)
    outcomes: list[Outcome] = []
    for change in told.changes:
        outcomes += _tell(repository, _complete(connection, full_id, change), told)
    # Whoever looks at the repository himself knows which files changed.
    undecided = [each for each in outcomes if each.why.endswith(FILES_NOT_KNOWN)]
    telling.look_soon((each.pipeline, each.action) for each in undecided)
    new = {each.execution.pk: each for each in outcomes if each.execution and each.is_new}
    started = [[each.pipeline, str(pk)] for pk, each in new.items()]
    said = "; ".join(dict.fromkeys(f"{each.pipeline}: {each.why}" for each in outcomes))
    said = f"{said}." if said else f"No pipeline watches {full_id} through this connection."
    outcome = HookOutcome.STARTED if new else HookOutcome.IGNORED
    return Receipt(status=HTTPStatus.OK, outcome=outcome, said=said), started


def _tell(repository: Repository, change: GitChange, told: Told) -> list[Outcome]:
    if isinstance(change, PullRequest):
        return triggering.pull_request(repository=repository, pull=change, about=told.about)
    return triggering.pushed(repository=repository, push=change, about=told.about)


def _below(connection: Connection, name: str) -> str:
    """The repository as definitions name it: below the connection's base URL."""
    parts = urlsplit(connection.base_url)
    prefix = f"{parts.path.strip('/')}/" if parts.scheme else ""
    return name.removeprefix(prefix) if prefix != "/" else name


def _complete(connection: Connection, full_id: str, change: GitChange) -> GitChange:
    """Bitbucket tells the beginning of a commit's id: the host says the rest of it.

    Raises RemoteError, and InvalidRequest when the branch has gone on already.
    """
    if COMMIT_ID.fullmatch(change.commit):
        return change
    branch = change.source_branch if isinstance(change, PullRequest) else change.branch
    bounds = remotes.Bounds(seconds=LOOK_SECONDS)
    commit = first_there(
        host_of(connection), full_id, lambda remote: remotes.head(remote, branch, bounds)
    )
    if not commit.startswith(change.commit):
        raise InvalidRequest(f"The branch {branch} is at another commit than {change.commit} now.")
    return replace(change, commit=commit)
