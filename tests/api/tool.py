"""A tool that speaks to the API as the SDKs do; who it is, the test says."""

import json
from dataclasses import dataclass
from typing import Any

import cbor2
import pytest

JSON = "application/x-amz-json-1.1"
CBOR = "application/cbor"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Any
    content: bytes

    @property
    def said(self):
        """The body, read by the standard library or by cbor2."""
        if self.headers["Content-Type"] == JSON:
            return json.loads(self.content)
        return cbor2.loads(self.content)

    @property
    def code(self):
        """The name of the error, without its namespace."""
        return self.said["__type"].rpartition("#")[2]

    @property
    def message(self):
        return self.said["message"]


class Tool:
    """Asks through Django's test client; both ways take input, or the bytes of a body."""

    def __init__(self, client):
        self.client = client

    def json(self, operation, given=b"", **headers):
        body = given if isinstance(given, bytes) else json.dumps(given).encode()
        headers = {"X-Amz-Target": f"CodePipeline_20150709.{operation}", **headers}
        return self.post("/", body, JSON, headers)

    def cbor(self, operation, given=b"", **headers):
        body = given if isinstance(given, bytes) else cbor2.dumps(given)
        path = f"/service/CodePipeline_20150709/operation/{operation}"
        return self.post(path, body, CBOR, {"smithy-protocol": "rpc-v2-cbor", **headers})

    def post(self, path, body, content_type, headers):
        content_type = headers.pop("Content-Type", content_type)
        got = self.client.post(path, body, content_type=content_type, headers=headers)
        return Answer(got.status_code, got.headers, got.content)


BOTH = pytest.mark.parametrize("speak", [Tool.json, Tool.cbor], ids=["json", "cbor"])
