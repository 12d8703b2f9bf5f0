"""Artifacts as objects in a bucket of Amazon S3, or of another store that speaks its protocol."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from pipelines.stores.contract import PIECE, Kept, NoSuchUpload, StoreError, Upload, check_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
NOT_THOSE_PARTS = frozenset({"NoSuchUpload", "InvalidPart", "InvalidPartOrder", "EntityTooSmall"})


@dataclass(frozen=True, slots=True)
class S3Store:
    """A Store (pipelines.stores.contract); `client` is boto3's, which threads may share.

    Parts of uploads that nobody ends are the bucket's to forget, by a lifecycle rule.
    """

    client: Any
    bucket: str
    prefix: str = ""  # ends with a slash, if there is one

    def check(self) -> None:
        with _sentences("any artifact"):
            try:
                self.client.head_bucket(Bucket=self.bucket)
            except ClientError as problem:
                if _code(problem) in ABSENT:
                    raise StoreError(f"There is no bucket {self.bucket} for artifacts.") from None
                raise

    def keep(self, key: str, file: Path) -> Kept:
        where = self._where(key)
        with _sentences(key):
            self.client.upload_file(str(file), where["Bucket"], where["Key"])
        return self._there(key)

    def look(self, key: str) -> Kept | None:
        where = self._where(key)
        with _sentences(key):
            try:
                found = self.client.head_object(**where)
            except ClientError as problem:
                if _code(problem) in ABSENT:
                    return None
                raise
        return Kept(
            size=found["ContentLength"],
            changed_at=found["LastModified"],
            tag=found["ETag"].strip('"'),
        )

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        where = self._where(key)
        if length == 0:
            return iter(())
        last = "" if length is None else start + length - 1
        span = {"Range": f"bytes={start}-{last}"} if start or length else {}
        with _sentences(key):
            body = self.client.get_object(**where, **span)["Body"]
        pieces = _pieces(key, body)
        next(pieces)
        return pieces

    def fetch(self, key: str, file: Path) -> Path:
        where = self._where(key)
        file.parent.mkdir(parents=True, exist_ok=True)
        with _sentences(key):
            self.client.download_file(where["Bucket"], where["Key"], str(file))
        return file

    def forget(self, key: str) -> None:
        with _sentences(key):
            self.client.delete_object(**self._where(key))

    def begin(self, key: str) -> Upload:
        where = self._where(key)
        with _sentences(key):
            return Upload(key, self.client.create_multipart_upload(**where)["UploadId"])

    def keep_part(self, upload: Upload, number: int, file: Path) -> str:
        with self._uploading(upload) as where, file.open("rb") as body:
            kept = self.client.upload_part(**where, PartNumber=number, Body=body)
        return str(kept["ETag"]).strip('"')

    def join(self, upload: Upload, parts: Sequence[tuple[int, str]]) -> Kept:
        listed = [{"PartNumber": number, "ETag": f'"{tag}"'} for number, tag in parts]
        with self._uploading(upload) as where:
            self.client.complete_multipart_upload(**where, MultipartUpload={"Parts": listed})
        return self._there(upload.key)

    def drop(self, upload: Upload) -> None:
        with self._uploading(upload) as where:
            self.client.abort_multipart_upload(**where)

    def _where(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": f"{self.prefix}{check_key(key)}"}

    def _there(self, key: str) -> Kept:
        kept = self.look(key)
        if kept is None:
            raise _missing(key)
        return kept

    @contextmanager
    def _uploading(self, upload: Upload) -> Iterator[dict[str, str]]:
        """Where the upload is; what S3 says of one that is none, or of parts, is NoSuchUpload."""
        if not upload.id:
            raise NoSuchUpload("There is no upload without an id.")
        with _sentences(upload.key):
            try:
                yield {**self._where(upload.key), "UploadId": upload.id}
            except ClientError as problem:
                if _code(problem) in NOT_THOSE_PARTS:
                    raise NoSuchUpload(_message(problem)) from problem
                raise


@contextmanager
def _sentences(key: str) -> Iterator[None]:
    """Whatever goes wrong between here and there is a StoreError."""
    try:
        yield
    except ClientError as problem:
        if _code(problem) in ABSENT:
            raise _missing(key) from problem
        raise StoreError(
            f"The artifact store does not take or give the artifact {key}: {_code(problem)},"
            f" {_message(problem)}."
        ) from problem
    except (BotoCoreError, Boto3Error, HTTPError) as problem:
        raise StoreError(f"The artifact store cannot be reached for {key}: {problem}.") from problem


def _pieces(key: str, body: Any) -> Iterator[bytes]:
    """First nothing: who asks for that has the connection closed with the iterator."""
    try:
        yield b""
        with _sentences(key):
            yield from body.iter_chunks(PIECE)
    finally:
        body.close()


def _missing(key: str) -> StoreError:
    return StoreError(f"The artifact {key} is not in the artifact store.")


def _code(problem: ClientError) -> str:
    return str(problem.response["Error"].get("Code", ""))


def _message(problem: ClientError) -> str:
    return str(problem.response["Error"].get("Message", "")).rstrip(".")
