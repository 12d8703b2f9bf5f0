"""Requests as botocore signs them, and what somebody might make of one on its way here."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pipelines.api.received import Received

NOW = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)
HOST = "127.0.0.1:8000"
JSON = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "CodePipeline_20150709.ListPipelines",
}
CBOR = {
    "Content-Type": "application/cbor",
    "Accept": "application/cbor",
    "Smithy-Protocol": "rpc-v2-cbor",
}
CBOR_PATH = "/service/CodePipeline_20150709/operation/ListPipelines"
UNSIGNED = {  # what the clients add after they have signed
    "user-agent": "Boto3/1.44.5",
    "amz-sdk-invocation-id": "0e6ae8a9-6d1f-4d7c-9a4e-3f9a0c7d1f11",
    "amz-sdk-request": "attempt=1",
}
BASIC = "%Y%m%dT%H%M%SZ"


class BotocoreAt(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """botocore's own signer, at a time of ours."""

    def __init__(self, credentials, *, at, region, service):
        super().__init__(credentials, service, region)
        self.at = at

    def add_auth(self, request):
        request.context["timestamp"] = self.at.strftime(BASIC)
        self._modify_request_before_signing(request)
        canonical = self.canonical_request(request)
        self._inject_signature_to_request(
            request, self.signature(self.string_to_sign(request, canonical), request)
        )


def signed(key, body=b"{}", *, headers=JSON, path="/", method="POST", at=NOW, **scope):
    """A request that botocore has signed with `key`, which is (id, secret) or (.., .., token)."""
    request = AWSRequest(method, f"http://{HOST}{path}", headers={**headers}, data=body)
    where = {"region": "us-east-1", "service": "codepipeline", **scope}
    BotocoreAt(Credentials(*key), at=at, **where).add_auth(request)
    sent = {name.lower(): as_received(value) for name, value in request.headers.items()}
    return Received(
        method=method, raw_path=path, headers={"host": HOST, **UNSIGNED, **sent}, body=body
    )


def as_received(value):
    """WSGI gives the bytes of a header as characters."""
    return value.encode().decode("latin-1")


def with_header(received, **changed):
    """The same with other headers; `x_amz_date` is `x-amz-date`, and None takes it away."""
    headers = {**received.headers, **{name.replace("_", "-"): v for name, v in changed.items()}}
    return replace(received, headers={name: v for name, v in headers.items() if v is not None})


def with_authorization(received, before, after):
    header = received.headers["authorization"]
    assert before in header
    return with_header(received, authorization=header.replace(before, after))


def signed_names(received):
    """The names of the signed headers."""
    return received.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0]


# One function a class of forgery: a request and a source of chance, and what is made of them.


def other_body(received, chance):
    flipped = bytearray(received.body or b"\0")
    flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return replace(received, body=bytes(flipped))


def longer_body(received, chance):
    return replace(received, body=received.body + chance.randbytes(chance.randint(1, 9)))


def other_body_with_its_own_hash(received, chance):
    changed = other_body(received, chance)
    digest = hashlib.sha256(changed.body).hexdigest()
    return with_header(changed, x_amz_content_sha256=digest)


def a_lie_about_the_body(received, chance):
    lies = ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "", "0" * 64]
    return with_header(received, x_amz_content_sha256=chance.choice(lies))


def other_path(received, chance):
    extra = chance.choice(["/", "?", "?a=b", "/..", "%2F", "//", ";", "#x", "x"])
    return replace(received, raw_path=received.raw_path + extra)


def other_method(received, chance):
    return replace(received, method=chance.choice(["GET", "PUT", "post", "DELETE"]))


def other_value(received, chance):
    """Of a header that is signed."""
    name = chance.choice(signed_names(received).split(";"))
    value = received.headers[name]
    where = chance.randrange(len(value))
    other = chance.choice([c for c in "0aZ~/" if c != value[where]])
    return with_header(received, **{name: value[:where] + other + value[where + 1 :]})


def other_case(received, chance):
    name = chance.choice(
        [n for n in signed_names(received).split(";") if _has_letters(received, n)]
    )
    return with_header(received, **{name: received.headers[name].swapcase()})


def without_a_header(received, chance):
    return with_header(received, **{chance.choice(signed_names(received).split(";")): None})


def twice_the_header(received, chance):
    """As WSGI joins them."""
    name = chance.choice([*signed_names(received).split(";"), "authorization"])
    value = received.headers[name]
    return with_header(received, **{name: f"{value},{chance.choice([value, 'x'])}"})


def another_header(received, chance):
    name = f"x-amz-{chance.choice(['meta-a', 'acl', 'content-sha', 'user-agent', 'z' * 20])}"
    return with_header(received, **{name: chance.choice(["", "a", "us-east-1"])})


def a_token(received, chance):
    return with_header(received, x_amz_security_token=chance.choice(["", "FwoGZXIvYXdzEBY"]))


def one_name_fewer(received, chance):
    names = signed_names(received).split(";")
    kept = [name for name in names if name != chance.choice(names)][: chance.randint(1, len(names))]
    fewer = ";".join(kept if len(kept) < len(names) else kept[1:])
    return with_authorization(received, f"={';'.join(names)},", f"={fewer},")


def names_in_another_order(received, chance):
    names = signed_names(received).split(";")
    mixed = sorted(names, key=lambda _: chance.random())
    mixed = mixed if mixed != names else names[::-1]
    return with_authorization(received, f"={';'.join(names)},", f"={';'.join(mixed)},")


def a_name_twice(received, chance):
    names = signed_names(received).split(";")
    more = sorted([*names, chance.choice(names)])
    return with_authorization(received, f"={';'.join(names)},", f"={';'.join(more)},")


def a_name_more(received, chance):
    names = signed_names(received).split(";")
    more = sorted([*names, chance.choice(["absent", "user-agent", "amz-sdk-request"])])
    return with_authorization(received, f"={';'.join(names)},", f"={';'.join(more)},")


def other_signature(received, chance):
    good = received.headers["authorization"][-64:]
    where = chance.randrange(64)
    other = f"{int(good[where], 16) ^ chance.randint(1, 15):x}"
    return with_authorization(received, good, good[:where] + other + good[where + 1 :])


def signature_of_another_form(received, chance):
    good = received.headers["authorization"][-64:]
    forms = [
        good[:-1],
        good + "0",
        good.upper(),
        "",
        f" {good}",
        f"{good}\n",
        good[:32],
        f"0x{good}",
    ]
    bad = chance.choice([form for form in forms if form != good])
    return with_authorization(received, good, bad)


def other_scope(received, chance):
    before, after = chance.choice(
        [
            ("/us-east-1/", "/us-west-2/"),
            ("/us-east-1/", "/US-EAST-1/"),
            ("/codepipeline/", "/codebuild/"),
            ("/codepipeline/", "//"),
            ("/aws4_request", "/aws4_request2"),
            ("/20261125/", "/20261124/"),
            ("/20261125/", "/2026112/"),
            ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
            ("AWS4-HMAC-SHA256", "aws4-hmac-sha256"),
        ]
    )
    return with_authorization(received, before, after)


def other_key(received, chance):
    header = received.headers["authorization"]
    key_id = header.partition("Credential=")[2].partition("/")[0]
    bad = chance.choice(
        [key_id[:-1], key_id.lower(), f"{key_id}A", f"{key_id}\0", "ASIA" + "B" * 16]
    )
    return with_authorization(received, key_id, bad)


def no_authorization(received, chance):
    without = with_header(received, authorization=None)
    query = f"?X-Amz-Signature={received.headers['authorization'][-64:]}&X-Amz-Expires=300"
    return chance.choice([without, replace(without, raw_path=received.raw_path + query)])


def another_way_to_say_who(received, chance):
    header = chance.choice(["Basic YTpi", "Bearer x", "AWS4-HMAC-SHA256", "", "AWS AKIA:abc="])
    return with_header(received, authorization=header)


def other_date(received, chance):
    seconds = chance.choice([-1, 1, -86400, 86400, 301, -301])
    return with_header(received, x_amz_date=(NOW + timedelta(seconds=seconds)).strftime(BASIC))


def date_of_another_form(received, chance):
    forms = ["", "2026-11-25T12:00:30Z", "20261125T120030", "20261325T120030Z", "now", "٢٠٢٦"]
    return with_header(received, x_amz_date=chance.choice(forms))


FORGERIES = [
    other_body,
    longer_body,
    other_body_with_its_own_hash,
    a_lie_about_the_body,
    other_path,
    other_method,
    other_value,
    other_case,
    without_a_header,
    twice_the_header,
    another_header,
    a_token,
    one_name_fewer,
    names_in_another_order,
    a_name_twice,
    a_name_more,
    other_signature,
    signature_of_another_form,
    other_scope,
    other_key,
    no_authorization,
    another_way_to_say_who,
    other_date,
    date_of_another_form,
]


def _has_letters(received, name):
    return received.headers[name].swapcase() != received.headers[name]
