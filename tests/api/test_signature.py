"""Who is calling: what botocore signs is accepted, and nothing that is made of it is."""

import hashlib
import json
import os
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from django.contrib.auth.models import Group
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import access, access_keys, keyring, places
from pipelines.api import errors, sigv4
from pipelines.api.received import Received
from pipelines.api.signature import NotAuthenticated, authenticate
from pipelines.core.rights import Role
from pipelines.models import AccessKey
from pipelines.sealing import Unreadable
from tests.api.forgery import (
    CBOR,
    CBOR_PATH,
    FORGERIES,
    JSON,
    NOW,
    signed,
    signed_names,
    with_authorization,
    with_header,
)

MUTANTS = int(os.environ.get("PENSTOCK_MUTANTS", "4000"))
SUITE = json.loads((Path(__file__).parent / "aws4_testsuite.json").read_text())
HEADER_VALUES = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40)


@pytest.fixture
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    return tmp_path


@pytest.fixture
def ada(home, db, django_user_model):
    """A user with the role operate."""
    ada = django_user_model.objects.create_user("ada")
    ada.groups.add(Group.objects.create(name=Role.OPERATE))
    return ada


@pytest.fixture
def key(ada):
    """The id and the secret of Ada's access key."""
    return access_keys.create("ada", by=access.root())


def refusal_of(received, *, now=NOW):
    """The code and the message with which it is refused; None when it is not."""
    try:
        authenticate(received, now=now)
    except NotAuthenticated as refusal:
        return refusal.code, refusal.message
    return None


def code_of(received, **how):
    refused = refusal_of(received, **how)
    return refused and refused[0]


# What is accepted


def test_the_caller_is_the_user_of_the_key_with_the_roles_of_now(key):
    caller = authenticate(signed(key), now=NOW)

    assert caller.arn == "arn:aws:iam::123456789012:user/ada"
    assert caller.roles == {Role.OPERATE}


def test_a_superuser_calls_with_every_role(key, ada):
    ada.is_superuser = True
    ada.save()

    assert authenticate(signed(key), now=NOW).roles == frozenset(Role)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    body=st.binary(max_size=200),
    operation=st.from_regex(r"[A-Za-z]{1,40}", fullmatch=True),
    extra=st.dictionaries(
        st.from_regex(r"x-amz-[a-z]{1,9}[0-9]", fullmatch=True), HEADER_VALUES, max_size=3
    ),
    seconds=st.integers(-300, 300),
    cbor=st.booleans(),
)
def test_whatever_botocore_signs_is_accepted(key, body, operation, extra, seconds, cbor):
    path = f"/service/CodePipeline_20150709/operation/{operation}" if cbor else "/"
    target = {} if cbor else {"X-Amz-Target": f"CodePipeline_20150709.{operation}"}
    headers = {**(CBOR if cbor else JSON), **target, **extra}
    at = NOW + timedelta(seconds=seconds)

    request = signed(key, body, headers=headers, path=path, at=at)

    assert authenticate(request, now=NOW).arn.endswith("/ada")


def test_what_other_sdks_sign_besides_is_accepted(key):
    more = {
        "X-Amz-User-Agent": "aws-sdk-js/3.1137.0",
        "X-Amz-Content-SHA256": hashlib.sha256(b"{}").hexdigest(),
        "Content-Length": "2",
        "amz-sdk-request": "attempt=1; max=3",
    }

    request = signed(key, headers={**JSON, **more})

    assert "amz-sdk-request" in signed_names(request)
    assert refusal_of(request) is None


def test_what_the_real_client_sends_is_accepted(key):
    client = botocore.session.get_session().create_client(
        "codepipeline",
        endpoint_url="http://127.0.0.1:8000",
        region_name="us-east-1",
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
    )
    client.meta.events.register("before-send", take)

    with pytest.raises(Taken) as taken:
        client.list_pipelines()

    assert authenticate(taken.value.received, now=timezone.now()).arn.endswith("/ada")


class Taken(Exception):
    """The request that a client was about to send."""

    received: Received


def take(request, **_):
    def text(value):
        return value.decode() if isinstance(value, bytes) else value

    headers = {name.lower(): text(value) for name, value in request.headers.items()}
    taken = Taken()
    taken.received = Received(
        method=request.method,
        raw_path="/",
        headers={"host": "127.0.0.1:8000", **headers},
        body=request.body,
    )
    raise taken


def test_a_comma_needs_no_space_after_it(key):
    request = signed(key)
    header = request.headers["authorization"].replace(", ", ",")

    assert refusal_of(with_header(request, authorization=header)) is None


def test_the_header_date_will_do_where_there_is_no_other(key, monkeypatch):
    monkeypatch.setattr(SigV4Auth, "_set_necessary_date_headers", lambda *_: None)
    date = NOW.strftime("%a, %d %b %Y %H:%M:%S GMT")

    request = signed(key, headers={**JSON, "Date": date})

    assert "x-amz-date" not in request.headers
    assert refusal_of(with_header(request, x_amz_date=None)) is None
    assert code_of(with_header(request, date="yesterday")) == "IncompleteSignatureException"
    assert code_of(with_header(request, date="Wed, 25 Nov 2026 12:00:30 -0000")) == (
        "IncompleteSignatureException"
    )


@pytest.mark.parametrize("name", sorted(SUITE["vectors"]))
def test_the_official_vectors_are_verified_or_refused_for_our_reasons(name):
    """Requests with a query, and paths and dates that would have to be normalised, are refused."""
    received = of_the_suite(**SUITE["vectors"][name])
    needs_normalising = name in NORMALISED

    try:
        claim = sigv4.claim_of(received)
    except NotAuthenticated:
        assert "?" in received.raw_path
        return

    key = sigv4.signing_key(SUITE["secret"], claim.scope)
    try:
        found = sigv4.signature_of(received, claim, key, sigv4.hash_of(received.body))
    except NotAuthenticated:
        found = ""
    assert (found == claim.signature) is not needs_normalising


NORMALISED = {
    "get-relative",
    "get-relative-relative",
    "get-slash",
    "get-slash-dot-slash",
    "get-slash-pointless-dot",
    "get-slashes",
    "get-space",
    "get-special-character",
    "get-utf8",
}


def of_the_suite(*, request, authorization):
    head, _, body = request.partition("\n\n")
    first, *lines = head.strip().replace("\n ", " ").split("\n")
    method, path = first.removesuffix(" HTTP/1.1").split(" ", 1)
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.lower()
        headers[name] = f"{headers[name]},{value.strip()}" if name in headers else value
    return Received(
        method=method,
        raw_path=path,
        headers={**headers, "authorization": authorization},
        body=body.encode(),
    )


# What is refused


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
@pytest.mark.parametrize("protocol", ["json", "cbor"])
def test_nothing_that_is_made_of_a_request_is_accepted(key, forgery, protocol):
    request = original(key, protocol)
    assert refusal_of(request) is None
    chance = random.Random(f"{forgery.__name__} {protocol}")
    codes = {
        "MissingAuthenticationTokenException",
        "IncompleteSignatureException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
    }

    for _ in range(max(1, MUTANTS // len(FORGERIES) // 2)):
        forged = forgery(request, chance)
        assert forged != request
        assert code_of(forged) in codes, forged


def original(key, protocol):
    """With every header that clients sign."""
    body = b'{"pipelineName": "website"}' if protocol == "json" else b"\xa1dname"
    more = {
        "X-Amz-Content-SHA256": hashlib.sha256(body).hexdigest(),
        "X-Amz-User-Agent": "aws-sdk-js/3.1137.0",
    }
    headers, path = (JSON, "/") if protocol == "json" else (CBOR, CBOR_PATH)
    return signed(key, body, headers={**headers, **more}, path=path)


def test_without_a_signature_there_is_no_token(key):
    assert refusal_of(with_header(signed(key), authorization=None)) == (
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "Bearer abc",
            (
                "Authorization header requires 'Credential' parameter."
                " Authorization header requires 'Signature' parameter."
                " Authorization header requires 'SignedHeaders' parameter."
            ),
        ),
        (
            (
                "AWS4-HMAC-SHA256 Credential=A/20261125/us-east-1/codepipeline/aws4_request,"
                " SignedHeaders=host"
            ),
            "Authorization header requires 'Signature' parameter.",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=A, SignedHeaders=host, Signature=0",
            (
                "Authorization header must be of the form AWS4-HMAC-SHA256"
                " Credential=<access key id>/<YYYYMMDD>/<region>/<service>/aws4_request,"
                " SignedHeaders=<names>, Signature=<64 hex digits>."
            ),
        ),
    ],
)
def test_an_incomplete_signature_is_told_what_it_lacks(key, header, message):
    request = with_header(signed(key), authorization=header)

    assert refusal_of(request) == ("IncompleteSignatureException", message)


def test_a_request_without_a_date_is_incomplete(key):
    assert refusal_of(with_header(signed(key), x_amz_date=None)) == (
        "IncompleteSignatureException",
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    )


def test_nobody_signs_in_the_address(key):
    request = replace(signed(key), raw_path="/?X-Amz-Signature=0")

    assert code_of(request) == "IncompleteSignatureException"


def test_a_key_that_nobody_has_is_not_recognised(key):
    assert refusal_of(signed(("AKIAIOSFODNN7EXAMPLE", key[1]))) == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )


def test_a_session_token_is_never_ours(key):
    code, message = refusal_of(signed((*key, "FwoGZXIvYXdzEBYaDNtoken")))

    assert code == "UnrecognizedClientException"
    assert message.startswith("The security token included in the request is invalid.")
    assert "AWS_SESSION_TOKEN" in message


def test_a_disabled_key_answers_like_one_that_is_not_there(key):
    request = signed(key)
    access_keys.disable(key[0], by=access.root())

    assert refusal_of(request) == refusal_of(signed(("AKIAIOSFODNN7EXAMPLE", "x")))

    access_keys.enable(key[0], by=access.root())
    assert refusal_of(request) is None


def test_a_key_of_somebody_who_is_deactivated_answers_like_one_that_is_not_there(key, ada):
    ada.is_active = False
    ada.save()

    assert code_of(signed(key)) == "UnrecognizedClientException"


def test_a_deleted_key_is_gone_at_once(key):
    assert refusal_of(signed(key)) is None
    access_keys.delete(key[0], by=access.root())

    assert code_of(signed(key)) == "UnrecognizedClientException"


def test_a_role_that_is_taken_is_gone_at_once(key, ada):
    assert authenticate(signed(key), now=NOW).roles
    ada.groups.clear()

    assert not authenticate(signed(key), now=NOW).roles


def test_the_secret_of_another_key_does_not_do(key):
    _, others = access_keys.create("ada", by=access.root())

    assert code_of(signed((key[0], others))) == "InvalidSignatureException"


def test_a_key_made_again_with_another_secret_is_another_key(key):
    assert refusal_of(signed(key)) is None
    access_keys.delete(key[0], by=access.root())
    access_keys.create("ada", by=access.root(), access_key_id=key[0], secret="another")

    assert code_of(signed(key)) == "InvalidSignatureException"
    assert refusal_of(signed((key[0], "another"))) is None


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (
            {"region": "eu-west-1"},
            "Credential should be scoped to a valid region, not 'eu-west-1'.",
        ),
        (
            {"service": "codebuild"},
            "Credential should be scoped to correct service: 'codepipeline'.",
        ),
    ],
)
def test_a_signature_for_elsewhere_says_where_it_belongs(key, scope, message):
    assert refusal_of(signed(key, **scope)) == ("InvalidSignatureException", message)


def test_the_scope_is_of_the_day_of_the_date(key):
    request = with_authorization(signed(key), "/20261125/", "/20261124/")

    assert refusal_of(request) == (
        "InvalidSignatureException",
        (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from"
            " HTTP: '20261124' != '20261125', from '20261125T120030Z'."
        ),
    )


def test_a_signature_is_good_for_five_minutes(key):
    request = signed(key)

    assert refusal_of(request, now=NOW + timedelta(minutes=5)) is None
    assert refusal_of(request, now=NOW + timedelta(minutes=5, seconds=1)) == (
        "InvalidSignatureException",
        (
            "Signature expired: 20261125T120030Z is now earlier than 20261125T120031Z"
            " (20261125T120531Z - 5 min.)"
        ),
    )


def test_a_signature_of_the_future_is_not_good_yet(key):
    request = signed(key)

    assert refusal_of(request, now=NOW - timedelta(minutes=5)) is None
    assert refusal_of(request, now=NOW - timedelta(minutes=5, seconds=1)) == (
        "InvalidSignatureException",
        (
            "Signature not yet current: 20261125T120030Z is still later than 20261125T120029Z"
            " (20261125T115529Z + 5 min.)"
        ),
    )


@pytest.mark.parametrize("name", ["content-type", "x-amz-target", "x-amz-date", "host"])
def test_what_says_what_is_asked_for_is_signed(key, name):
    """Also by who holds the secret: a client that leaves it out leaves it to others."""
    names = signed_names(signed(key)).split(";")

    code, message = refusal_of(signed_by_hand(key, [each for each in names if each != name]))

    assert code == "InvalidSignatureException"
    assert message.endswith("must be a 'SignedHeader' in the AWS Authorization.")


@pytest.mark.parametrize(
    "other",
    [lambda names: names[::-1], lambda names: [names[0], *names]],
    ids=["in another order", "twice"],
)
def test_names_that_are_not_in_order_or_are_there_twice_are_refused(key, other):
    """Also where who signed it counted them in the same way."""
    names = signed_names(signed(key)).split(";")

    assert refusal_of(signed_by_hand(key, names)) is None
    assert code_of(signed_by_hand(key, other(names))) == "InvalidSignatureException"


def signed_by_hand(key, names):
    """A request whose signature is right for just these names of headers."""
    request = signed(key)
    request = with_authorization(request, signed_names(request), ";".join(names))
    claim = sigv4.claim_of(request)
    signature = sigv4.signature_of(
        request, claim, sigv4.signing_key(key[1], claim.scope), sigv4.hash_of(request.body)
    )
    return with_authorization(request, claim.signature, signature)


def test_the_body_is_hashed_whatever_is_said_of_it(key):
    """botocore signs the hash that it is told; believing it would let any body through."""
    request = signed(key, b"{}", headers={**JSON, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})

    assert refusal_of(request) == (
        "InvalidSignatureException",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )


def test_a_header_that_no_server_hands_on_is_refused(key):
    request = signed(key, headers={**JSON, "X-Amz-Meta": "é"})

    assert code_of(with_header(request, x_amz_meta="\u2028")) == "InvalidSignatureException"


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
def test_no_answer_tells_what_was_computed(key, forgery):
    request = original(key, "json")
    claim = sigv4.claim_of(request)

    _, message = refusal_of(forgery(request, random.Random(1)))

    assert key[1] not in message
    assert claim.signature not in message
    assert sigv4.hash_of(request.body) not in message


def test_every_failure_has_the_status_of_awss_json_services(key):
    refused = with_header(signed(key), authorization=None)

    assert errors.status_of(code_of(refused)) == 400


# What it costs, and what it leaves behind


def test_it_costs_one_query_and_a_second_one_each_minute(key, ada, django_assert_num_queries):
    for role in (Role.EDIT, Role.ABANDON):
        ada.groups.add(Group.objects.create(name=role))
    request = signed(key)

    with django_assert_num_queries(2):
        authenticate(request, now=NOW)
    with django_assert_num_queries(1):
        authenticate(request, now=NOW + timedelta(seconds=60))
    with django_assert_num_queries(2):
        authenticate(request, now=NOW + timedelta(seconds=61))

    assert AccessKey.objects.get().last_used_at == NOW + timedelta(seconds=61)


def test_a_refused_request_is_no_use_of_the_key(key):
    refusal_of(with_header(signed(key), x_amz_target="CodePipeline_20150709.DeletePipeline"))

    assert AccessKey.objects.get().last_used_at is None


def test_a_clock_that_is_behind_does_not_turn_back_the_last_use(key):
    usable = keyring.usable(key[0], now=NOW)
    assert usable
    keyring.used(usable, at=NOW)

    keyring.used(usable, at=NOW - timedelta(seconds=5))

    assert AccessKey.objects.get().last_used_at == NOW


def test_a_file_of_keys_that_belongs_elsewhere_is_no_reason_to_let_anybody_in(key):
    places.sealing_keys().unlink()

    with pytest.raises(Unreadable, match="is missing"):
        authenticate(signed(key), now=NOW)
