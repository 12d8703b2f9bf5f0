"""Telling GitHub of a webhook, and telling it to forget the webhook again.

The AWS pages are API_RegisterWebhookWithThirdParty and API_DeregisterWebhookWithThirdParty; the
other side is GitHub's REST API for the webhooks of a repository.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from django.conf import settings

from pipelines import finding, posting, sealing, secrets, webhooks
from pipelines.core.refusals import InvalidRequest, PipelineNotFound
from pipelines.core.webhook_rules import Authentication

if TYPE_CHECKING:
    from pipelines.core.rights import Caller
    from pipelines.models import Pipeline, Webhook

PUBLIC_HOST, PUBLIC_API = "https://github.com", "https://api.github.com"
NOT_GITHUB = (
    "Webhook '{name}' cannot be registered: its target action '{action}' is not of the provider"
    " GitHub (version 1). Give {url} to the git host by hand."
)


class _GitHub(NamedTuple):
    """The repository of an action, and the token that opens it."""

    hooks: str  # the address of its webhooks
    token: str


def register(name: str | None, *, by: Caller) -> None:
    """Have GitHub call the webhook for pushes to the repository of its target action.

    Registering again replaces what GitHub has.  Raises AccessDenied, WebhookNotFound, or
    InvalidRequest when there is nobody to register with, or GitHub will not.
    """
    webhook = _checked("RegisterWebhookWithThirdParty", name, by=by)
    github = _github(webhook)
    hook: dict[str, Any] = {
        "active": True,
        "events": ["push"],
        "config": {"url": webhooks.url_of(webhook), "content_type": "json", **_secret(webhook)},
    }
    if webhook.registered_as:
        answer = _ask("PATCH", f"{github.hooks}/{webhook.registered_as}", github, hook)
        if answer.status != 404:
            _read(webhook, answer)
            return
    made = _read(webhook, _ask("POST", github.hooks, github, {"name": "web", **hook}))
    webhook.registered_as = str(made.get("id", ""))[:200]
    webhook.save(update_fields=["registered_as"])


def deregister(name: str | None, *, by: Caller) -> None:
    """Have GitHub forget the webhook; one that it does not know is fine.

    Raises AccessDenied, WebhookNotFound, or InvalidRequest.
    """
    webhook = _checked("DeregisterWebhookWithThirdParty", name, by=by)
    github = _github(webhook)
    if not webhook.registered_as:
        return
    answer = _ask("DELETE", f"{github.hooks}/{webhook.registered_as}", github, None)
    if answer.status != 404:
        _read(webhook, answer)
    webhook.registered_as = ""
    webhook.save(update_fields=["registered_as"])


def api_of(host: str) -> str:
    """Where the API of a GitHub is: GitHub Enterprise Server has it below its own address."""
    return PUBLIC_API if host == PUBLIC_HOST else f"{host}/api/v3"


def _checked(operation: str, name: str | None, *, by: Caller) -> Webhook:
    by.check(operation, on=webhooks.arn_of(name) if name else "*")
    return webhooks.find(name)


def _github(webhook: Webhook) -> _GitHub:
    try:
        pipeline = finding.pipeline(webhook.target_pipeline)
    except PipelineNotFound as gone:
        raise InvalidRequest(gone.message) from None
    action = webhooks.action_of(pipeline, webhook.target_action)
    if (action.type_id.owner, action.type_id.provider) != ("ThirdParty", "GitHub"):
        raise InvalidRequest(
            NOT_GITHUB.format(name=webhook.name, action=action.name, url=webhooks.url_of(webhook))
        )
    owner, repository = action.configuration["Owner"], action.configuration["Repo"]
    path = f"repos/{quote(owner, safe='')}/{quote(repository, safe='')}/hooks"
    host = str(settings.PENSTOCK_GITHUB_URL).rstrip("/")
    return _GitHub(f"{api_of(host)}/{path}", _token(pipeline, action.name))


def _token(pipeline: Pipeline, action_name: str) -> str:
    row = pipeline.versions.get(version=pipeline.version)
    try:
        stored = secrets.secrets_of(row)
    except sealing.Unreadable as problem:
        raise InvalidRequest(str(problem)) from None
    return stored.get(pipeline.plan.first.name, {}).get(action_name, {}).get("OAuthToken", "")


def _secret(webhook: Webhook) -> dict[str, str]:
    if webhook.authentication != Authentication.GITHUB_HMAC:
        return {}
    return {"secret": str(secrets.unseal(webhook.sealed_secret, of=str(webhook)))}


def _ask(method: str, url: str, github: _GitHub, body: Any) -> posting.Answer:
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {github.token}",
        "Content-Type": "application/json",
        "User-Agent": "Penstock",
    }
    try:
        return posting.send(
            method, url, body=b"" if body is None else json.dumps(body).encode(), headers=headers
        )
    except posting.NotSent as problem:
        raise InvalidRequest(f"GitHub cannot be reached at {url}. {problem}") from None


def _read(webhook: Webhook, answer: posting.Answer) -> dict[str, Any]:
    """GitHub's answer, or its refusal in its own words."""
    try:
        said = json.loads(answer.body or b"{}")
    except (ValueError, RecursionError):
        said = {}
    if not isinstance(said, dict):
        said = {}
    if answer.is_success:
        return said
    problems = [str(said.get("message", ""))]
    if isinstance(errors := said.get("errors"), list):
        problems += [str(each.get("message", "")) for each in errors if isinstance(each, dict)]
    told = "; ".join(filter(None, problems))[:400]
    raise InvalidRequest(
        f"Webhook '{webhook.name}' cannot be registered: GitHub answered with status"
        f" {answer.status}. {told}".rstrip()
    )
