"""The AWS API beside a bare view of the same server, and beside moto's server.

Penstock verifies every signature and stores what it is told; moto does neither.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from benchmark import asking, decisions, noop, workers
from benchmark.asking import Message, Request, Server
from benchmark.statistics_of import median
from pipelines import access, access_keys, definitions, keyring
from pipelines.api import model, protocols, signature, validation
from pipelines.api.received import Received
from pipelines.core.arns import pipeline_arn
from pipelines.models import Pipeline
from pipelines.providers import Dispatch

NAME, FINISHED = "served", 1_000
OTHERS = ("started", "changed")
PREFIX = "CodePipeline_20150709"
NOT_IN_MOTO = ("GetPipelineState",)
STOP = {
    "pipelineName": NAME,
    "pipelineExecutionId": "00000000-0000-4000-8000-000000000000",
    "reason": "Stopping execution for a bug fix",
}
LAPS = 500

Turn = tuple[str, dict[str, Any]]  # an operation and its input
Turns = Callable[[int], list[Turn]]  # what one connection asks, by its number


def measure(*, quick: bool) -> dict[str, Any]:
    rounds, seconds = (2, 0.3) if quick else (3, 0.6)
    pipeline = Pipeline.objects.get(name=noop.create(NAME, Dispatch.INLINE))
    decisions.abandon_first(pipeline)
    decisions.add_history(pipeline, FINISHED, light=False)
    workers.forget_nudges()
    User.objects.create_superuser("api-bench")
    signer = Signer(*access_keys.create("api-bench", by=access.root()))
    with asking.penstock({}) as ours, _moto() as theirs:
        requests = _requests(ours, theirs, signer)
        asking.measure(requests.values(), rounds=rounds, seconds=seconds)
        found = {name: request.summary() for name, (_, request) in requests.items()}
    return {"operations": found, "front": _front(signer)}


class Signer:
    """Signs as botocore does, once: a signature is good for five minutes."""

    def __init__(self, key_id: str, secret: str) -> None:
        self._key_id = key_id
        credentials = Credentials(key_id, secret)
        self._auth = SigV4Auth(credentials, model.SERVICE, settings.PENSTOCK_REGION)

    def look_up(self) -> None:
        keyring.usable(self._key_id, now=timezone.now())

    def message(self, port: int, operation: str, given: dict[str, Any]) -> Message:
        host, body = f"127.0.0.1:{port}", json.dumps(given).encode()
        headers = {
            "Host": host,
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{PREFIX}.{operation}",
        }
        unsigned = AWSRequest("POST", f"http://{host}/", headers=headers, data=body)
        self._auth.add_auth(unsigned)
        return Message("/", dict(unsigned.headers.items()), "POST", body)


def _moto() -> Any:
    """moto's own server, which keeps everything in memory and checks no signature."""
    port = asking.free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    return asking.serving(command, port, asking.request("/moto-api/data.json"), {})


def _requests(ours: Server, theirs: Server, signer: Signer) -> dict[str, tuple[Server, Request]]:
    """Each operation of ours, then a bare view that answers with as many bytes, then moto's."""
    _prepare_moto(theirs)
    found: dict[str, tuple[Server, Request]] = {}
    for name, turns in _operations().items():
        mine, its = (_signed(signer, server, turns) for server in (ours, theirs))
        size = len(ours.once(mine)[1]) or 1
        found[name] = ours, mine
        found[f"{name}: bare"] = ours, asking.request(f"/bench/plain/{size}", method="POST")
        if name not in NOT_IN_MOTO:
            found[f"{name}: moto"] = theirs, its
    return found


def _signed(signer: Signer, server: Server, turns: Turns) -> Request:
    return Request(
        lambda connection: [
            signer.message(server.port, operation, given) for operation, given in turns(connection)
        ]
    )


def _operations() -> dict[str, Turns]:
    """What is measured, by name; what changes a pipeline for the others has one of its own."""
    region, account = settings.PENSTOCK_REGION, settings.PENSTOCK_ACCOUNT_ID
    arn = pipeline_arn(region=region, account_id=account, name=NAME)
    tags = [{"key": "team", "value": "web"}]
    always: dict[str, dict[str, Any]] = {
        "GetPipelineState": {"name": NAME},
        "GetPipeline": {"name": NAME},
        "ListPipelines": {},
        "ListPipelineExecutions": {"pipelineName": NAME, "maxResults": 20},
        "ListTagsForResource": {"resourceArn": arn},
        "StartPipelineExecution": {"name": "started"},
        "TagResource": {"resourceArn": arn, "tags": tags},
        "UntagResource": {"resourceArn": arn, "tagKeys": ["absent"]},
        "UpdatePipeline": {"pipeline": _definition("changed")},
    }
    found: dict[str, Turns] = {
        name: partial(_the_same, (name, given)) for name, given in always.items()
    }
    return found | {"CreatePipeline and DeletePipeline": _create_and_delete}


def _the_same(turn: tuple[str, dict[str, Any]], _connection: int) -> list[Turn]:
    return [turn]


def _create_and_delete(connection: int) -> list[Turn]:
    name = f"made-{connection}"
    return [("CreatePipeline", {"pipeline": _definition(name)}), ("DeletePipeline", {"name": name})]


def _definition(name: str) -> dict[str, Any]:
    """The pipeline that is served, under another name."""
    current = definitions.current(Pipeline.objects.get(name=NAME))
    return {**{member: current[member] for member in current if member != "version"}, "name": name}


def _prepare_moto(theirs: Server) -> None:
    """The same pipeline with the same history, and a role that it believes in."""
    for name in OTHERS:
        noop.create(name, Dispatch.INLINE)
    workers.forget_nudges()
    how: dict[str, Any] = {
        "endpoint_url": f"http://127.0.0.1:{theirs.port}",
        "region_name": settings.PENSTOCK_REGION,
        "aws_access_key_id": "moto",
        "aws_secret_access_key": "moto",
    }
    trust = {"Statement": [{"Principal": {"Service": "codepipeline.amazonaws.com"}}]}
    iam, client = boto3.client("iam", **how), boto3.client("codepipeline", **how)
    iam.create_role(RoleName="penstock", AssumeRolePolicyDocument=json.dumps(trust))
    for name in (NAME, *OTHERS):
        client.create_pipeline(pipeline=_definition(name) | {"version": 1})
    for _ in range(FINISHED):
        client.start_pipeline_execution(name=NAME)


def _front(signer: Signer) -> dict[str, float]:
    """Microseconds of one small request, by one thread: verified, parsed and validated.

    `query` is what finding the access key takes of it, in the database.
    """
    message = signer.message(8000, "StopPipelineExecution", STOP)
    received = Received(
        method=message.method,
        raw_path=message.path,
        headers={name.lower(): value for name, value in message.headers.items()},
        body=message.body,
    )
    turns = [(_timed(partial(_receive, received)), _timed(signer.look_up)) for _ in range(7)]
    return {"micros": median([all_ for all_, _ in turns]), "query": median([q for _, q in turns])}


def _receive(received: Received) -> None:
    signature.authenticate(received, now=timezone.now())
    protocol = protocols.spoken_in(received)
    validation.input_of(protocol.operation_of(received), protocol.decode(received.body))


def _timed(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(LAPS):
        step()
    return 1_000_000 * (time.perf_counter() - began) / LAPS
