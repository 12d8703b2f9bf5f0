"""What one can do with connections to git hosts: create, change, delete, list and try them.

After the operations of the same names of AWS CodeConnections; there a person signs in at the host
instead, here the connection has the host's address and a credential of its own
(https://docs.aws.amazon.com/dtconsole/latest/userguide/connections.html).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines import remotes, secrets
from pipelines.core.connections import (
    ProviderType,
    connection_arn,
    connection_id_of,
    is_ssh,
    is_web,
    read_base_url,
    repository_urls,
)
from pipelines.core.refusals import (
    ConnectionNameInUse,
    ConnectionNotFound,
    InvalidRequest,
    LimitExceeded,
)
from pipelines.core.rights import (
    CREATE_CONNECTION,
    DELETE_CONNECTION,
    LIST_CONNECTIONS,
    UPDATE_CONNECTION,
    USE_CONNECTION,
)
from pipelines.core.storable import check_storable
from pipelines.models import Connection
from pipelines.providers.git_hosts import first_there
from pipelines.runner.hosts import host_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from pipelines.core.rights import Caller

NAME_LIMIT, USERNAME_LIMIT, CREDENTIAL_LIMIT = 32, 255, 16 * 1024  # characters
MOST = 250  # AWS page "Quotas for connections"
TRY_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may be said of a connection; a token or key that is not given is kept."""

    name: str
    base_url: str
    provider_type: ProviderType = ProviderType.GIT
    username: str = ""
    credential: str | None = None  # empty: none any more

    def __repr__(self) -> str:
        return f"Settings({self.name!r}, {self.base_url!r})"  # without the credential


def arn_of(connection_id: UUID) -> str:
    return connection_arn(
        region=settings.PENSTOCK_REGION,
        account_id=settings.PENSTOCK_ACCOUNT_ID,
        connection_id=connection_id,
    )


def find(connection_id: UUID) -> Connection:
    """Raises ConnectionNotFound."""
    found = Connection.objects.filter(pk=connection_id).first()
    if found is None:
        raise ConnectionNotFound(f"Connection not found: {arn_of(connection_id)}")
    return found


def named(name: str) -> Connection:
    """The connection of this name, or of this ARN.  Raises ConnectionNotFound."""
    if connection_id := connection_id_of(name):
        return find(connection_id)
    found = None if "\0" in name else Connection.objects.filter(name=name).first()
    if found is None:
        raise ConnectionNotFound(f"Connection not found: {name}")
    return found


def listed(*, by: Caller) -> QuerySet[Connection]:
    """All of them, by name.  Raises AccessDenied."""
    by.check(LIST_CONNECTIONS)
    return Connection.objects.order_by("name")


def create(said: Settings, *, by: Caller, arn: str = "") -> Connection:
    """With `arn`, the connection that a definition made for AWS names already.

    Raises AccessDenied, InvalidRequest, LimitExceeded and ConnectionNameInUse.
    """
    by.check(CREATE_CONNECTION)
    connection_id = connection_id_of(arn) if arn else uuid.uuid4()
    if connection_id is None:
        raise InvalidRequest(f"{arn[:200]!r} is not the ARN of a connection.")
    if Connection.objects.count() >= MOST:
        raise LimitExceeded(f"There are {MOST} connections, and there can be no more.")
    row = Connection(pk=connection_id, updated_by=by.arn, **_checked(said))
    _seal(row, said.credential or "")
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as taken:
        raise _in_use(said, arn) from taken
    return row


@transaction.atomic
def update(connection_id: UUID, said: Settings, *, by: Caller) -> Connection:
    """Actions that run already are not changed.

    A credential is kept only for the address that it was given for: who may change the address
    must not learn it.  Raises AccessDenied, ConnectionNotFound, InvalidRequest and
    ConnectionNameInUse.
    """
    by.check(UPDATE_CONNECTION, on=arn_of(connection_id))
    find(connection_id)
    row = Connection.objects.select_for_update().get(pk=connection_id)
    columns = {**_checked(said), "updated_at": timezone.now(), "updated_by": by.arn}
    if said.credential is None and row.sealed_credential and columns["base_url"] != row.base_url:
        raise InvalidRequest(
            "Give the token or key again: the one that is kept was given for another base URL."
        )
    for column, value in columns.items():
        setattr(row, column, value)
    if said.credential is not None:
        _seal(row, said.credential)
    try:
        with transaction.atomic():
            row.save(update_fields=[*columns, "sealed_credential"])
    except IntegrityError as taken:
        raise _in_use(said, "") from taken
    return row


def delete(connection_id: UUID, *, by: Caller) -> None:
    """Actions that name it fail from now on.  Raises AccessDenied and ConnectionNotFound."""
    by.check(DELETE_CONNECTION, on=arn_of(connection_id))
    find(connection_id).delete()


def try_out(connection_id: UUID, full_id: str, *, by: Caller) -> tuple[str, ...]:
    """Ask the host for the branches of a repository, by `git ls-remote`; their names.

    Raises AccessDenied, ConnectionNotFound, and InvalidRequest with why it could not be asked.
    """
    by.check(USE_CONNECTION, on=arn_of(connection_id))
    host = host_of(find(connection_id))
    bounds = remotes.Bounds(seconds=TRY_SECONDS)
    repository_urls(host.base_url, full_id)
    try:
        found = first_there(host, full_id, lambda remote: remotes.branches(remote, bounds))
    except remotes.RemoteError as problem:
        raise InvalidRequest(host.what_to_do(problem, full_id)) from problem
    return tuple(sorted(found))


def _checked(said: Settings) -> dict[str, Any]:
    """The columns; raises InvalidRequest with the first thing that is wrong."""
    name, base_url = said.name.strip(), read_base_url(said.base_url)
    for label, text, limit in (
        ("connection name", name, NAME_LIMIT),
        ("username", said.username, USERNAME_LIMIT),
        ("token or key", said.credential or "", CREDENTIAL_LIMIT),
    ):
        check_storable(text, label)
        if len(text) > limit:
            raise InvalidRequest(f"Invalid {label}: at most {limit} characters are allowed.")
    check_storable(base_url, "base URL")
    if not name:
        raise InvalidRequest("Invalid connection name: it is empty.")
    _check_credential(said, base_url)
    return {
        "name": name,
        "provider_type": said.provider_type,
        "base_url": base_url,
        "username": said.username,
    }


def _check_credential(said: Settings, base_url: str) -> None:
    if any(character in said.username for character in "\r\n:"):
        raise InvalidRequest("Invalid username: it has a colon or a line break in it.")
    credential = said.credential or ""
    if is_web(base_url) and any(character in credential for character in "\r\n"):
        raise InvalidRequest("Invalid token: it has a line break in it.")
    if is_ssh(base_url) and credential and "PRIVATE KEY-----" not in credential:
        raise InvalidRequest(
            "Invalid key: over SSH a connection has a private key, from -----BEGIN to the end of"
            " the -----END line, without a passphrase."
        )
    if credential and not (is_web(base_url) or is_ssh(base_url)):
        raise InvalidRequest("Invalid token: a path of this machine needs none.")


def _seal(row: Connection, credential: str) -> None:
    row.sealed_credential = secrets.seal(credential, of=str(row)) if credential else ""


def _in_use(said: Settings, arn: str) -> ConnectionNameInUse:
    other = f", or one with the ARN {arn}" if arn else ""
    return ConnectionNameInUse(f"There is a connection named {said.name} already{other}.")
