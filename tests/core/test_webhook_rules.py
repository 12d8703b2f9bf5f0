"""The rules of webhooks: authentication, signatures, addresses, filters."""

import hashlib
import hmac

import pytest

from pipelines.core.refusals import InvalidWebhookAuthentication, InvalidWebhookFilter
from pipelines.core.webhook_rules import (
    Authentication,
    Filter,
    check_authentication,
    check_filters,
    filter_problem,
    is_in_range,
    is_signed,
)

HMAC, IP, NONE = Authentication
PUSH = {"ref": "refs/heads/main", "repository": {"private": True}, "commits": []}


@pytest.mark.parametrize(
    ("kind", "given", "reason"),
    [
        (HMAC, {"SecretToken": "s"}, ""),
        (HMAC, {}, "For GITHUB_HMAC, only SecretToken must be set."),
        (HMAC, {"AllowedIPRange": "192.0.2.0/24"}, "only SecretToken must be set."),
        (HMAC, {"SecretToken": "s", "AllowedIPRange": "192.0.2.0/24"}, "only SecretToken must"),
        (IP, {"AllowedIPRange": "192.0.2.0/24"}, ""),
        (IP, {"AllowedIPRange": "192.0.2.7/24"}, ""),
        (IP, {"AllowedIPRange": "2001:db8::/32"}, ""),
        (IP, {"AllowedIPRange": "192.0.2.300/24"}, "is not a CIDR range"),
        (IP, {"AllowedIPRange": "everybody"}, "is not a CIDR range"),
        (IP, {"SecretToken": "s"}, "For IP, only AllowedIPRange must be set."),
        (NONE, {}, ""),
        (NONE, {"SecretToken": "s"}, "For UNAUTHENTICATED, no properties can be set."),
    ],
)
def test_each_authentication_needs_its_own_property(kind, given, reason):
    if not reason:
        check_authentication(kind, given)
        return
    with pytest.raises(InvalidWebhookAuthentication) as refused:
        check_authentication(kind, given)
    assert reason in refused.value.message


def digest(body, secret=b"s3cret", algorithm=hashlib.sha256):
    return hmac.new(secret, body, algorithm).hexdigest()


@pytest.mark.parametrize(
    ("headers", "is_right"),
    [
        ({"x-hub-signature-256": f"sha256={digest(b'body')}"}, True),
        ({"x-hub-signature": f"sha1={digest(b'body', algorithm=hashlib.sha1)}"}, True),
        ({"x-hub-signature-256": f"sha256={digest(b'other')}"}, False),
        ({"x-hub-signature-256": f"sha256={digest(b'body', b'guess')}"}, False),
        ({"x-hub-signature-256": digest(b"body")}, False),
        ({"x-hub-signature-256": "sha256="}, False),
        ({"x-hub-signature-256": "sha256=é\udcff"}, False),
        ({}, False),
        (
            {
                "x-hub-signature-256": "sha256=00",
                "x-hub-signature": f"sha1={digest(b'body', algorithm=hashlib.sha1)}",
            },
            False,
        ),
    ],
)
def test_a_signature_is_of_the_body_with_the_secret(headers, is_right):
    assert is_signed(b"body", headers, "s3cret") is is_right


@pytest.mark.parametrize(
    ("address", "allowed", "is_in"),
    [
        ("192.0.2.7", "192.0.2.0/24", True),
        ("192.0.3.7", "192.0.2.0/24", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("::ffff:192.0.2.7", "192.0.2.0/24", True),
        ("2001:db8::1", "2001:db8::/32", True),
        ("192.0.2.7", "2001:db8::/32", False),
        ("", "0.0.0.0/0", False),
        ("somebody", "0.0.0.0/0", False),
    ],
)
def test_an_address_is_in_a_range(address, allowed, is_in):
    assert is_in_range(address, allowed) is is_in


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        ([], ""),
        ([Filter("$.ref", "refs/heads/{Branch}")], ""),
        ([Filter("$.ref", "refs/heads/main")], ""),
        ([Filter("$.ref")], ""),
        ([Filter("$.repository.private", "true")], ""),
        ([Filter("$.ref", "refs/heads/{Other}")], "$.ref is refs/heads/main and not refs/heads/{"),
        ([Filter("$.ref", "main")], "$.ref is refs/heads/main and not main"),
        ([Filter("$.nothing", "x")], "$.nothing selects nothing in it"),
        ([Filter("$.commits[*].id")], "$.commits[*].id selects nothing in it"),
        ([Filter("$.repository", "x")], "$.repository is no text and not x"),
        ([Filter("$.ref"), Filter("$.ref", "x")], "$.ref is refs/heads/main and not x"),
    ],
)
def test_every_filter_has_to_match(filters, reason):
    problem = filter_problem(filters, PUSH, {"Branch": "main"})
    assert problem.startswith(reason) if reason else problem == ""


def test_a_filter_whose_path_is_malformed_is_refused():
    check_filters([Filter("$.ref")])
    with pytest.raises(InvalidWebhookFilter, match=r"^Webhook filter pattern is not valid\."):
        check_filters([Filter("$.ref"), Filter("$.commits[?(@.id)]")])
