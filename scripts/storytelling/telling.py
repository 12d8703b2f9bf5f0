"""One random story, told to the rules and to a running Penstock: both have to end up the same."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from exploring.small import EXECUTIONS, PLANS

from pipelines.core.statuses import ExecutionStatus
from storytelling.penstock import WITHIN, Told
from storytelling.prediction import Place, Prediction, Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.core.statuses import ExecutionMode
    from storytelling.functions import Functions

STEPS = 14


class Differs(Exception):
    """Penstock is not where the rules are; the message tells the story."""


@dataclass
class Story:
    """A pipeline in two worlds."""

    told: Told
    predicted: Prediction
    chance: random.Random
    words: list[str]

    def step(self) -> None:
        """Something happens; Penstock has come to rest again afterwards."""
        choices: list[tuple[str, Callable[[], None]]] = [
            (move.words, partial(self._make, move)) for move in self.predicted.moves()
        ]
        if len(self.predicted.executions) < EXECUTIONS:
            choices += [("start", self._start)] * 2
        choices.append(("the transition", self._turn_transition))
        words, make = self.chance.choice(choices)
        self.words.append(words)
        make()
        self.wait()

    def wait(self) -> None:
        """Until what is read is what the rules say; every time they are told of the same things.

        The stages, too: an action has succeeded a moment before its stage is left.
        """
        expected, give_up = self.predicted.state(), time.monotonic() + WITHIN
        while not _is_same(expected, found := self.told.state()):
            self._go_on_waiting(give_up, expected, found)
        if self.predicted.mode.takes_locks:
            stages = self.predicted.stages()
            while not _are_same(stages, seen := self.told.stages()):
                self._go_on_waiting(give_up, stages, seen)

    def _go_on_waiting(self, give_up: float, expected: object, found: object) -> None:
        if time.monotonic() > give_up:
            raise self._differs(expected, found)
        time.sleep(0.02)

    def end(self) -> None:
        """What nothing can change any more, and what is refused."""
        self._check_late_results()
        self._check_refused_stops()
        self.wait()

    def _start(self) -> None:
        self.told.start()
        self.predicted.start()

    def _turn_transition(self) -> None:
        self.told.turn_transition(is_closed=self.predicted.is_closed)
        self.predicted.turn_transition()

    def _make(self, move: Any) -> None:
        self.told.make(move)
        self.predicted.make(move)

    def _check_late_results(self) -> None:
        for job in self.told.over[:3]:
            if not self.told.is_late(job):
                raise self._differs("a refusal of a late result", "none")

    def _check_refused_stops(self) -> None:
        refusals = self.told.client.exceptions
        for execution, id_ in zip(self.predicted.executions, self.told.ids, strict=True):
            if execution.status is ExecutionStatus.IN_PROGRESS:
                continue
            is_stopping = execution.status is ExecutionStatus.STOPPING
            expected = (
                refusals.DuplicatedStopRequestException
                if is_stopping
                else refusals.PipelineExecutionNotStoppableException
            )
            try:
                self.told.client.stop_pipeline_execution(
                    pipelineName=self.told.name, pipelineExecutionId=id_, abandon=False
                )
            except expected:
                continue
            raise self._differs(expected.__name__, "no refusal")

    def _differs(self, expected: object, found: object) -> Differs:
        told = "; ".join(self.words)
        return Differs(f"{self.told.name}: {told}\nexpected {expected}\nfound    {found}")


def tell(client: Any, functions: Functions, kind: str, mode: ExecutionMode, seed: int) -> int:
    """Tell one story of a pipeline of this kind; how many steps it took.  Raises Differs."""
    name = f"{kind}-{mode[:3].lower()}-{seed}"  # a key of job workers has 20 letters at most
    chance = random.Random(f"{kind} {mode} {seed}")  # noqa: S311 - a story can be told again
    told = Told(client, name, mode, PLANS[kind], functions)
    story = Story(told, Prediction(mode, PLANS[kind]), chance, [f"seed {seed}"])
    story.told.create()
    try:
        story.predicted.start()
        story.wait()
        for _ in range(STEPS):
            story.step()
        story.end()
    finally:
        story.told.delete()
    return STEPS


def _is_same(expected: list[Standing], found: list[Standing]) -> bool:
    """What a retry has set aside is still listed until it has started again."""
    return len(expected) == len(found) and all(
        each.status == seen.status
        and each.actions.items() <= seen.actions.items()
        and each.rules.items() <= seen.rules.items()
        for each, seen in zip(expected, found, strict=True)
    )


def _are_same(expected: dict[str, Place], found: dict[str, Place]) -> bool:
    """So are the conditions of a stage that is passed, or retried."""
    return expected.keys() == found.keys() and all(
        (place.sequence, place.status) == (found[stage].sequence, found[stage].status)
        and place.conditions.items() <= found[stage].conditions.items()
        for stage, place in expected.items()
    )
