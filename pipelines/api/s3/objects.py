"""The operations on the artifacts of a job, each for whom its credentials let do it."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import http_date

from pipelines import artifact_store
from pipelines.api.s3.asked import READING
from pipelines.api.s3.body import received
from pipelines.api.s3.errors import XML, S3Error, document
from pipelines.api.s3.ranges import span_of
from pipelines.stores import NoSuchUpload, Upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from django.http.response import HttpResponseBase

    from pipelines.api.s3.asked import Asked
    from pipelines.api.s3.body import Incoming
    from pipelines.stores import Kept

TYPE = "binary/octet-stream"  # what S3 says of objects of which nobody has said it
MOST_XML = 4 * 1024**2  # ten thousand parts, and room
LONGEST_TEXT = 100  # characters of a part's number or tag


def perform(asked: Asked, incoming: Incoming) -> HttpResponseBase:
    """Do what is asked for.  Raises S3Error, or StoreError when the store is out of reach."""
    check_access(asked, incoming)
    try:
        return OPERATIONS[asked.operation](asked, incoming)
    except NoSuchUpload as problem:
        raise S3Error("NoSuchUpload", str(problem)) from None


def check_access(asked: Asked, incoming: Incoming) -> None:
    """Raises S3Error unless the credentials open this object for this, now."""
    access = incoming.signed.access()
    keys = access.readable if asked.operation in READING else access.writable
    if asked.bucket != access.bucket or asked.key not in keys:
        raise S3Error(
            "AccessDenied",
            f"Access Denied: these are the credentials of a job, and {asked.operation} on"
            f" '{asked.bucket}/{asked.key}' is not for them. They let one read the job's input"
            " artifacts and write its output artifacts.",
        )


def get_object(asked: Asked, incoming: Incoming) -> HttpResponseBase:
    """All of it, or the one range that is asked for."""
    kept = _found(asked)
    if unchanged := _not_modified(kept, incoming.headers):
        return unchanged
    start, end = span_of(incoming.headers.get("range", ""), kept.size)
    length = end - start
    pieces = artifact_store.configured().read(asked.key, start=start, length=length)
    answer = StreamingHttpResponse(pieces, content_type=TYPE, headers=_headers(kept))
    answer.headers["Content-Length"] = str(length)
    if length != kept.size:
        answer.status_code = HTTPStatus.PARTIAL_CONTENT
        answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{kept.size}"
    return answer


def head_object(asked: Asked, incoming: Incoming) -> HttpResponse:
    kept = _found(asked)
    if answer := _not_modified(kept, incoming.headers):
        return answer
    answer = HttpResponse(content_type=TYPE, headers=_headers(kept))
    answer.headers["Content-Length"] = str(kept.size)
    return answer


def put_object(asked: Asked, incoming: Incoming) -> HttpResponse:
    with _arrived(asked, incoming) as file:
        kept = artifact_store.configured().keep(asked.key, file)
    return _empty({"ETag": _quoted(kept.tag)})


def create_multipart_upload(asked: Asked, _: Incoming) -> HttpResponse:
    upload = artifact_store.configured().begin(asked.key)
    said = {"Bucket": asked.bucket, "Key": asked.key, "UploadId": upload.id}
    return HttpResponse(document("InitiateMultipartUploadResult", said), content_type=XML)


def upload_part(asked: Asked, incoming: Incoming) -> HttpResponse:
    number = asked.part_number
    with _arrived(asked, incoming) as file:
        tag = artifact_store.configured().keep_part(_upload(asked), number, file)
    return _empty({"ETag": _quoted(tag)})


def complete_multipart_upload(asked: Asked, incoming: Incoming) -> HttpResponse:
    with _arrived(asked, incoming) as file:
        parts = parts_in(file)
        kept = artifact_store.configured().join(_upload(asked), parts)
    said = {"Bucket": asked.bucket, "Key": asked.key, "ETag": _quoted(kept.tag)}
    return HttpResponse(document("CompleteMultipartUploadResult", said), content_type=XML)


def abort_multipart_upload(asked: Asked, _: Incoming) -> HttpResponse:
    artifact_store.configured().drop(_upload(asked))
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


OPERATIONS: Mapping[str, Callable[[Asked, Incoming], HttpResponseBase]] = {
    "GetObject": get_object,
    "HeadObject": head_object,
    "PutObject": put_object,
    "CreateMultipartUpload": create_multipart_upload,
    "UploadPart": upload_part,
    "CompleteMultipartUpload": complete_multipart_upload,
    "AbortMultipartUpload": abort_multipart_upload,
}


def parts_in(file: Path) -> list[tuple[int, str]]:
    """The numbers and tags of a CompleteMultipartUpload document.  Raises S3Error."""
    text = file.read_bytes() if file.stat().st_size <= MOST_XML else b""
    try:
        read = text.decode()  # no other encoding, in which the next line would see nothing
        safe = "" if "<!" in read else read  # no document type, and with it no entities
        root = ElementTree.fromstring(safe)  # noqa: S314 - see above
        parts = [(int(_text(part, "PartNumber")), _text(part, "ETag")) for part in root]
    except (ElementTree.ParseError, ValueError):
        raise S3Error("MalformedXML", "The XML you provided was not well-formed.") from None
    numbers = [number for number, _ in parts]
    if not parts or numbers != sorted(set(numbers)):
        raise S3Error("InvalidPartOrder", "The list of parts was not in ascending order.")
    return [(number, tag.strip('"')) for number, tag in parts]


def _text(part: ElementTree.Element, name: str) -> str:
    """Raises ValueError when there is none, or a tag that is none."""
    found = [each.text or "" for each in part if each.tag.rpartition("}")[2] == name]
    [text] = found
    is_short = len(text) <= LONGEST_TEXT  # both become the name of a file
    if not is_short or not text.strip('"').replace("-", "").isalnum():
        raise ValueError
    return text


@contextmanager
def _arrived(asked: Asked, incoming: Incoming) -> Iterator[Path]:
    """The body, and nothing of it for a job that was abandoned while it was on its way."""
    with received(incoming) as file:
        check_access(asked, incoming)
        yield file


def _found(asked: Asked) -> Kept:
    kept = artifact_store.configured().look(asked.key)
    if kept is None:
        raise S3Error("NoSuchKey", "The specified key does not exist.", Key=asked.key)
    return kept


def _not_modified(kept: Kept, headers: Mapping[str, str]) -> HttpResponse | None:
    """Raises S3Error when it is not the one that is meant."""
    tags = {_quoted(kept.tag), kept.tag, "*"}
    if headers.get("if-match", "*") not in tags:
        raise S3Error(
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
            Condition="If-Match",
        )
    if headers.get("if-none-match") in tags:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=_headers(kept))
    return None


def _headers(kept: Kept) -> dict[str, str]:
    return {
        "Accept-Ranges": "bytes",
        "ETag": _quoted(kept.tag),
        "Last-Modified": http_date(kept.changed_at.timestamp()),
    }


def _upload(asked: Asked) -> Upload:
    return Upload(asked.key, asked.query["uploadId"])


def _quoted(tag: str) -> str:
    return f'"{tag}"'


def _empty(headers: dict[str, str]) -> HttpResponse:
    return HttpResponse(headers={**headers, "Content-Length": "0"})
