"""Bodies in chunks: the examples that AWS publishes, and what somebody might make of them."""

import io
from types import SimpleNamespace

import pytest

from pipelines.api import sigv4
from pipelines.api.s3 import chunks
from pipelines.api.s3.errors import S3Error
from pipelines.api.sigv4 import Claim

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCOPE = "20130524/us-east-1/s3/aws4_request"
# AWS page "Transferring Payload in Multiple Chunks (Chunked Upload)" of Amazon S3.
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
CHUNKS = (
    (65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
)
# AWS page "… Including Trailing Headers (Chunked Upload)".
SEED_WITH_TRAILER = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
CHUNKS_WITH_TRAILER = (
    (65536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"),
    (1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"),
    (0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"),
)
TRAILER = (
    b"x-amz-checksum-crc32c:sOO8/Q==\n\r\n"
    b"x-amz-trailer-signature:"
    b"d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
)
UNSIGNED = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"


def request(kind, seed=SEED):
    claim = Claim(
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        day="20130524",
        region="us-east-1",
        service="s3",
        signed=(),
        signature=seed,
        timestamp="20130524T000000Z",
    )
    return SimpleNamespace(body=kind, claim=claim, key=sigv4.signing_key(SECRET, SCOPE))


def sent(signatures, end=b"\r\n"):
    heads = [(f"{size:x};chunk-signature={said}\r\n".encode(), size) for size, said in signatures]
    return b"\r\n".join(head + b"a" * size for head, size in heads) + end


def unwrap(body, signed):
    trailers: dict[str, str] = {}
    return b"".join(chunks.unwrapped(io.BytesIO(body), signed, trailers)), trailers


def test_the_example_of_aws():
    assert unwrap(sent(CHUNKS), request(chunks.SIGNED)) == (b"a" * 66560, {})


def test_the_example_of_aws_with_a_trailer():
    signed = request(chunks.SIGNED_TRAILER, SEED_WITH_TRAILER)

    content, trailers = unwrap(sent(CHUNKS_WITH_TRAILER, TRAILER), signed)

    assert content == b"a" * 66560
    assert trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}


def test_chunks_that_are_not_signed():
    assert unwrap(UNSIGNED, request(chunks.UNSIGNED_TRAILER)) == (
        b"hello",
        {"x-amz-checksum-crc32": "NhCmhg=="},
    )


@pytest.mark.parametrize(
    "body",
    [
        sent([(65536, SEED), *CHUNKS[1:]]),
        sent(CHUNKS[1:]),
        sent([CHUNKS[0], CHUNKS[2]]),
        sent(CHUNKS).replace(b"aaaa", b"aaab", 1),
    ],
    ids=["other signature", "without the first", "without the second", "other content"],
)
def test_whatever_is_changed_breaks_the_chain(body):
    with pytest.raises(S3Error) as refused:
        unwrap(body, request(chunks.SIGNED))

    assert refused.value.code == "SignatureDoesNotMatch"


def test_a_trailer_that_is_changed_breaks_it_too():
    signed = request(chunks.SIGNED_TRAILER, SEED_WITH_TRAILER)

    with pytest.raises(S3Error, match="signature of a chunk"):
        unwrap(sent(CHUNKS_WITH_TRAILER, TRAILER.replace(b"sOO8", b"sOO9")), signed)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"5\r\nhel",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"five\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"5" * 5000,
        b"5\r\nhello\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\n" + b"a:b\r\n" * 100,
        sent(CHUNKS),
    ],
    ids=range(10),
)
def test_what_is_not_in_chunks_is_refused(body):
    with pytest.raises(S3Error) as refused:
        unwrap(body, request(chunks.UNSIGNED_TRAILER))

    assert refused.value.code in {"InvalidChunkSizeError", "IncompleteBody"}


def test_another_way_to_stream_is_refused():
    with pytest.raises(S3Error, match="STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"):
        unwrap(UNSIGNED, request("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"))
