"""Sending bad input by the thousand, and judging every answer."""

import json
import time
from collections import Counter
from contextlib import contextmanager
from uuid import UUID

import cbor2
from django.db import connection, transaction
from django.test import RequestFactory

from pipelines.api import model, views
from pipelines.models.pipelines import plan_of
from tests.api.faults import INVALID, UNREADABLE, VALID
from tests.stored import everything_stored

# What any operation may answer, beside the errors that the model lists for it.
GENERAL = {INVALID, UNREADABLE, "AccessDeniedException", "ThrottlingException"}
ABSENT = (501, "UnknownOperationException")  # a later version has it; the input was fine
ALWAYS = {"x-amzn-RequestId", "Content-Length"}
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
CONTENT_TYPES = {"json": "application/x-amz-json-1.1", "cbor": "application/cbor"}


class Hunt:
    """Asks the endpoint itself, in transactions that are undone: the world stays as it is."""

    def __init__(self):
        self.before = everything_stored()
        self.outcomes: Counter[tuple[str, int, str]] = Counter()
        self.wrong: list[str] = []
        self.asked = 0
        self.names = {}  # of what is there, by the members that name it
        self.slowest = (0.0, "")

    def ask(self, protocol, operation, body, *, expected=VALID, places=(), what=""):
        """Send one body; whatever is wrong with the answer is kept in `wrong`."""
        what = f"{operation} in {protocol}: {what}"
        with self._undone() as writes:
            began = time.perf_counter()
            answer = views.endpoint(request(protocol, operation, body))
            self.slowest = max(self.slowest, (time.perf_counter() - began, what))
            changed = answer.status_code != 200 and bool(writes) and self._has_changed()
        self.asked += 1
        problems = list(judged(protocol, operation, answer, expected=expected, places=places))
        if changed:
            problems.append("rows were changed")
        self.outcomes[protocol, answer.status_code, answer.headers.get("x-amzn-ErrorType", "")] += 1
        self.wrong += [f"{what}: {problem}; {answer.content[:300]!r}" for problem in problems]

    def progress(self):
        return f"{self.asked} requests, {len(self.wrong)} wrong answers"

    def summary(self):
        """What was answered how often, and what was wrong."""
        seconds, what = self.slowest
        counts = [f"{n:8} {' '.join(map(str, how))}" for how, n in self.outcomes.most_common()]
        slowest = f"slowest: {seconds * 1000:.0f} ms, {what}"
        return "\n".join([self.progress(), *counts, slowest, *self.wrong[:20]])

    def ends_as_it_began(self):
        return not self._has_changed()

    @contextmanager
    def _undone(self):
        writes = []

        def note(execute, sql, *rest):
            if sql.lstrip().upper().startswith(WRITES):
                writes.append(sql)
            return execute(sql, *rest)

        with transaction.atomic(), connection.execute_wrapper(note):
            yield writes
            transaction.set_rollback(True)
        plan_of.cache_clear()  # what comes next may get the ids that were given back

    def _has_changed(self):
        return everything_stored() != self.before


def request(protocol, operation, body):
    """A request as WSGI would hand it on."""
    content_type = CONTENT_TYPES[protocol]
    if protocol == "json":
        target = {"X-Amz-Target": f"CodePipeline_20150709.{operation}"}
        return RequestFactory().post("/", body, content_type=content_type, headers=target)
    path = f"/service/CodePipeline_20150709/operation/{operation}"
    headers = {"smithy-protocol": "rpc-v2-cbor"}
    return RequestFactory().post(path, body, content_type=content_type, headers=headers)


def judged(protocol, operation, answer, *, expected, places):
    """What is wrong with an answer."""
    yield from in_headers(protocol, answer)
    if answer.status_code == 200:
        if expected != VALID:
            yield f"it was let through, not {expected}"
        return
    code, message = said(protocol, answer)
    if (answer.status_code, code) != ABSENT:
        yield from in_error(operation, answer.status_code, code)
    if not message:
        yield "it says nothing"
    if expected not in {VALID, code}:
        yield f"it is {code}, not {expected}"
    elif expected == INVALID and not any(f"'{place}'" in message for place in places):
        yield f"it names none of {places}"


def in_error(operation, status, code):
    errors = {shape.name for shape in model.service().operation_model(operation).error_shapes}
    if status not in {400, 409}:
        yield f"the status is {status}"
    if code not in errors | GENERAL:
        yield f"{code} is no error of it"


def in_headers(protocol, answer):
    if missing := ALWAYS - set(answer.headers):
        yield f"{missing} are missing"
    UUID(answer.headers["x-amzn-RequestId"])
    content_type = answer.headers.get("Content-Type", "")
    if answer.content and content_type != CONTENT_TYPES[protocol]:
        yield f"its type is {content_type}"


def said(protocol, answer):
    body = json.loads(answer.content) if protocol == "json" else cbor2.loads(answer.content)
    return body["__type"].removeprefix("com.amazonaws.codepipeline#"), body["message"]
