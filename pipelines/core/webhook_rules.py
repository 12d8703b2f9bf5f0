"""The rules of webhooks: how a request proves where it is from, and which requests start anything.

https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutWebhook.html
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.core import json_paths
from pipelines.core.refusals import InvalidWebhookAuthentication, InvalidWebhookFilter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_WEBHOOKS = 300  # https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
SECRET, RANGE = "SecretToken", "AllowedIPRange"
_PLACEHOLDER = re.compile(r"\{([^{}]{1,50})\}")

_ALGORITHMS = {"sha256": hashlib.sha256, "sha1": hashlib.sha1}


class Authentication(StrEnum):
    """API type WebhookAuthenticationType."""

    GITHUB_HMAC = "GITHUB_HMAC"
    IP = "IP"
    UNAUTHENTICATED = "UNAUTHENTICATED"


NEEDS = {
    Authentication.GITHUB_HMAC: SECRET,
    Authentication.IP: RANGE,
    Authentication.UNAUTHENTICATED: None,
}


class Filter(NamedTuple):
    """API type WebhookFilterRule; without a value, the path has to lead somewhere."""

    json_path: str
    match_equals: str | None = None


def check_authentication(kind: Authentication, given: Mapping[str, str]) -> None:
    """Raises InvalidWebhookAuthentication."""
    needed = NEEDS[kind]
    if set(given) != ({needed} if needed else set()):
        wanted = f"only {needed} must be set" if needed else "no properties can be set"
        raise InvalidWebhookAuthentication(
            f"Authentication configuration is not valid. For {kind}, {wanted}."
        )
    if needed == RANGE:
        _network(given[RANGE])


def check_filters(filters: Sequence[Filter]) -> None:
    """Raises InvalidWebhookFilter."""
    for each in filters:
        try:
            json_paths.parse(each.json_path)
        except json_paths.NotAPath as problem:
            raise InvalidWebhookFilter(
                f"Webhook filter pattern is not valid. The JsonPath {problem}"
            ) from None


def is_signed(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether the signature of the body is right; the newer one counts when both are there.

    GitHub's is that of X-Hub-Signature-256; Bitbucket has the same in X-Hub-Signature, where
    GitHub has SHA-1.
    """
    said = headers.get("x-hub-signature-256") or headers.get("x-hub-signature", "")
    name, _, digest = said.partition("=")
    algorithm = _ALGORITHMS.get(name)
    if algorithm is None:
        return False
    right = hmac.new(secret.encode(), body, algorithm).hexdigest()
    return hmac.compare_digest(digest.encode(errors="replace"), right.encode())


def is_from_host(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    """Whether a git host knows the secret: GitLab sends it along, the others sign with it."""
    if "x-gitlab-token" in headers:
        said = headers["x-gitlab-token"].encode(errors="replace")
        return hmac.compare_digest(said, secret.encode())
    return is_signed(body, headers, secret)


def is_in_range(address: str, allowed: str) -> bool:
    """Whether the address is in the CIDR range."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found) in _network(allowed)


def filter_problem(
    filters: Sequence[Filter], payload: Any, configuration: Mapping[str, str]
) -> str:
    """Why the request is to be ignored; empty when every filter matches.

    `{Key}` in a value stands for what the target action's configuration has there.
    """
    for each in filters:
        values = json_paths.select(json_paths.parse(each.json_path), payload)
        if not values:
            return f"{each.json_path} selects nothing in it"
        if each.match_equals is None:
            continue
        wanted = _PLACEHOLDER.sub(
            lambda found: configuration.get(found[1], found[0]), each.match_equals
        )
        texts = [json_paths.text_of(value) for value in values]
        if wanted not in texts:
            said = next((text for text in texts if text is not None), "no text")
            return f"{each.json_path} is {said[:80]} and not {wanted[:80]}"
    return ""


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidWebhookAuthentication(
            f"Authentication configuration is not valid. {text!r} is not a CIDR range, such as"
            " 192.0.2.0/24."
        ) from None
