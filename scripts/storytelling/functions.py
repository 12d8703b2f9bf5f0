"""The function that the rules of a story call: it answers when, and as, the story says so."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.core.statuses import ActionStatus
from tests.providers.endpoints import refusal, serving, to_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tests.providers.endpoints import Answer

NAME = "story"
CALLED_WITH = '{{"execution": "#{{codepipeline.PipelineExecutionId}}", "rule": "{rule}"}}'

PASSED: Answer = 200, to_bytes({"said": "The story says so."})
FAILED: Answer = 200, to_bytes({"errorType": "Story", "errorMessage": "The story says so."})
ANSWERS = {ActionStatus.SUCCEEDED: PASSED, ActionStatus.FAILED: FAILED}
NOT_THERE = refusal("ResourceNotFoundException", "The story says that there is no function.", 404)


@dataclass(eq=False)
class Call:
    """A rule that waits for an answer."""

    execution: str
    rule: str
    answer: Answer | None = None


@dataclass
class Functions:
    """Who waits now."""

    url: str = ""
    _waiting: list[Call] = field(default_factory=list)
    _forgotten: set[str] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def waiting(self, executions: Collection[str]) -> list[Call]:
        """The calls of these executions' rules that have no answer yet."""
        with self._changed:
            return [call for call in self._waiting if call.execution in executions]

    def answer(self, calls: Iterable[Call], answer: Answer) -> None:
        with self._changed:
            for call in calls:
                call.answer = answer
            self._changed.notify_all()

    def forget(self, executions: Collection[str]) -> None:
        """Keep no call of theirs waiting, now and later: their pipeline is deleted."""
        with self._changed:
            self._forgotten.update(executions)
            self._changed.notify_all()

    def called(self, _: str, event: dict[str, Any]) -> Answer:
        """In a thread of the call's own: wait for the answer."""
        call = Call(event["execution"], event["rule"])
        with self._changed:
            self._waiting.append(call)
            self._changed.wait_for(lambda: call.answer or call.execution in self._forgotten)
            self._waiting.remove(call)
        return call.answer or PASSED


@contextmanager
def functions() -> Iterator[Functions]:
    """Serve them on loopback."""
    ours = Functions()
    with serving(ours.called) as service:
        ours.url = service.url
        yield ours
