"""A small S3 on loopback, in this process: it believes nothing that it has not checked.

Every signature is computed again by botocore's own signer, every hash and checksum of a body from
the body; parts that S3 would not take are not taken.
"""

import base64
import hashlib
import re
import secrets
import threading
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pipelines.endpoints import Endpoints

KEY_ID, SECRET, REGION = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG", "us-east-1"
SMALLEST_PART = 5 * 1024**2  # but for the last one
PART = re.compile(r"<Part>(.*?)</Part>", re.DOTALL)
AUTHORIZATION = re.compile(r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})")


@dataclass
class Bucket:
    """Objects and unfinished uploads by their names."""

    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)  # content, ETag
    changed: dict[str, str] = field(default_factory=dict)  # when, as HTTP has it
    uploads: dict[str, tuple[str, dict[int, tuple[bytes, str]]]] = field(default_factory=dict)


@dataclass
class S3:
    """What is kept, and where to ask."""

    url: str = ""
    buckets: dict[str, Bucket] = field(default_factory=lambda: {"kept": Bucket()})
    asked: list[str] = field(default_factory=list)  # as "PUT /kept/key"

    @property
    def endpoints(self):
        return Endpoints(
            urls={"s3": self.url}, region=REGION, access_key_id=KEY_ID, secret_access_key=SECRET
        )

    @property
    def objects(self):
        return self.buckets["kept"].objects


class Refused(Exception):
    """An error of S3: its code and status."""


@contextmanager
def serving():
    s3 = S3()
    handler = type("Bound", (Handler,), {"s3": s3})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    s3.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield s3
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection; `s3` is set by whoever serves."""

    protocol_version = "HTTP/1.1"
    s3: Any = None

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.s3.asked.append(f"{self.command} {self.path}")
        try:
            check(self.command, f"{self.s3.url}{self.path}", self.headers, body)
            status, headers, content = self.perform(body)
        except Refused as problem:
            code, status = problem.args
            said = f"<Error><Code>{code}</Code><Message>It is so</Message></Error>"
            headers, content = {}, said.encode()
        self.send_response(status)
        length = headers.pop("Content-Length", str(len(content)))
        for name, value in {**headers, "Content-Length": length}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - called so

    def perform(self, body):
        where = urlsplit(self.path)
        name, _, key = unquote(where.path).removeprefix("/").partition("/")
        query = {k: v[0] for k, v in parse_qs(where.query, keep_blank_values=True).items()}
        query.pop("x-id", None)
        if name not in self.s3.buckets:
            raise Refused("NoSuchBucket", 404)
        bucket = self.s3.buckets[name]
        if not key:
            return 200, {}, b""  # HeadBucket
        match (self.command, sorted(query)):
            case ("PUT", []):
                return 200, {"ETag": put(bucket, key, body)}, b""
            case ("GET" | "HEAD", []):
                return get(bucket, key, self.headers.get("Range", ""))
            case ("DELETE", []):
                bucket.objects.pop(key, None)
                return 204, {}, b""
            case ("POST", ["uploads"]):
                upload_id = secrets.token_urlsafe(24)
                bucket.uploads[upload_id] = (key, {})
                return 200, {}, f"<R><UploadId>{upload_id}</UploadId></R>".encode()
        return self.perform_on_upload(bucket, key, query, body)

    def perform_on_upload(self, bucket, key, query, body):
        parts = parts_of(bucket, key, query["uploadId"])
        match self.command:
            case "PUT":
                parts[int(query["partNumber"])] = (body, tag_of(body))
                return 200, {"ETag": tag_of(body)}, b""
            case "POST":
                tag = join(bucket, key, parts, body.decode())
                del bucket.uploads[query["uploadId"]]
                return 200, {}, f"<R><ETag>{tag}</ETag></R>".encode()
        del bucket.uploads[query["uploadId"]]
        return 204, {}, b""

    def log_message(self, *_):
        """Keep the output of the tests clean."""


def tag_of(content):
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def put(bucket, key, content):
    keep(bucket, key, content, tag_of(content))
    return tag_of(content)


def keep(bucket, key, content, tag):
    bucket.objects[key] = (content, tag)
    bucket.changed[key] = formatdate(usegmt=True)


def get(bucket, key, span):
    if key not in bucket.objects:
        raise Refused("NoSuchKey", 404)
    content, tag = bucket.objects[key]
    headers = {"ETag": tag, "Last-Modified": bucket.changed[key]}
    if not span:
        return 200, {**headers, "Content-Length": str(len(content))}, content
    first, last = re.fullmatch(r"bytes=(\d+)-(\d*)", span).groups()  # type: ignore[union-attr]
    part = content[int(first) : int(last) + 1 if last else None]
    end = int(first) + len(part) - 1
    return 206, {**headers, "Content-Range": f"bytes {first}-{end}/{len(content)}"}, part


def parts_of(bucket, key, upload_id):
    of, parts = bucket.uploads.get(upload_id, ("", {}))
    if of != key:
        raise Refused("NoSuchUpload", 404)
    return parts


def join(bucket, key, parts, document):
    listed = [
        (int(re.findall(r"<PartNumber>(\d+)", each)[0]), re.findall(r"<ETag>(.*?)<", each)[0])
        for each in PART.findall(document)
    ]
    for number, tag in listed:
        if parts.get(number, (b"", ""))[1] != tag.replace("&quot;", '"'):
            raise Refused("InvalidPart", 400)
    contents = [parts[number][0] for number, _ in listed]
    if any(len(content) < SMALLEST_PART for content in contents[:-1]):
        raise Refused("EntityTooSmall", 400)
    tag = f'{tag_of(b"".join(contents))[:-1]}-{len(listed)}"'
    keep(bucket, key, b"".join(contents), tag)
    return tag


def check(method, url, headers, body):
    """Raises Refused for what was not sent by who has the key, or arrived otherwise than sent."""
    found = AUTHORIZATION.search(headers.get("Authorization", ""))
    if found is None:
        raise Refused("AccessDenied", 403)
    names, said = found[1].split(";"), found[2]
    request = AWSRequest(method, url, headers={name: headers[name] for name in names})
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = S3SigV4Auth(Credentials(KEY_ID, SECRET), "s3", REGION)
    to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    if signer.signature(to_sign, request) != said:
        raise Refused("SignatureDoesNotMatch", 403)
    if headers["X-Amz-Content-SHA256"] != hashlib.sha256(body).hexdigest():
        raise Refused("XAmzContentSHA256Mismatch", 400)
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    if headers.get("x-amz-checksum-crc32", crc) != crc:
        raise Refused("BadDigest", 400)
