"""The real S3 client of boto3, whose requests reach Penstock without a network between."""

import io
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from django.test import Client

HOST = "penstock.example:8000"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Any
    content: bytes

    @property
    def code(self):
        """The name of the error, if it is one."""
        return self.content.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()


class Raw(io.BytesIO):
    """What urllib3 gives: a body to be streamed."""

    def stream(self, amount=1 << 16, **_):
        while piece := self.read(amount):
            yield piece


def client(credentials, *, scheme="http", region="us-east-1", **configuration):
    """For `artifactCredentials` as a job has them; it tries once."""
    made = boto3.session.Session().client(
        "s3",
        endpoint_url=f"{scheme}://{HOST}",
        region_name=region,
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials["sessionToken"],
        config=Config(retries={"total_max_attempts": 1}, **configuration),
    )
    made.meta.events.register("before-send.s3", send)
    return made


def send(request, **_):
    """Instead of over a network, through Django's test client."""
    answer = deliver(request.method, request.url, request.headers, body_of(request))
    return AWSResponse(request.url, answer.status, answer.headers, Raw(answer.content))


def deliver(method, url, headers, body):
    where = urlsplit(url)
    path = f"{where.path}?{where.query}" if where.query else where.path
    given = {name: as_text(value) for name, value in headers.items()}
    given.pop("Transfer-Encoding", None)
    kind = given.pop("Content-Type", "")
    more: dict[str, Any] = {"HTTP_HOST": HOST, "RAW_URI": path, "CONTENT_LENGTH": str(len(body))}
    if "X-Amz-Decoded-Content-Length" in given:
        more |= {"wsgi.input_terminated": True}
    asking = Client(headers={k: v for k, v in given.items() if k.lower() != "host"})
    got = asking.generic(method, path, body, content_type=kind, **more)
    content = b"".join(got) if got.streaming else got.content
    return Answer(got.status_code, dict(got.items()), content)


def body_of(request):
    body = request.body or b""
    return body if isinstance(body, bytes) else body.read()


def as_text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


@contextmanager
def refused_with(code, status):
    try:
        yield
    except ClientError as error:
        said = error.response
        assert (said["Error"]["Code"], said["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
        return
    raise AssertionError("It was not refused.")
