"""Going through the instances of a deployment: so many at once, until too many have failed."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from pipelines.providers.contract import Target, TargetEvent, TargetStatus, Work
from pipelines.providers.deploy_install import EventFailed
from pipelines.providers.log import say

Timed = TypeVar("Timed", Target, TargetEvent)
LOOK_EVERY = 0.25  # seconds between two reports while something happens


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A lifecycle event and what it does; that raises EventFailed."""

    name: str
    do: Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is done to one instance."""

    instance: str
    steps: Sequence[Step]
    tidy: Callable[[], object] = lambda: None  # afterwards, however it went


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many at once, and how many may fail."""

    batch: int
    errors: int
    is_last_forgiven: bool = False  # the last of several may fail


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How it went: by instance, what failed and why."""

    succeeded: tuple[str, ...]
    failures: dict[str, str]
    is_failed: bool


@dataclass
class Board:
    """How far each target is; written by the threads that deploy, read by the one that reports."""

    targets: dict[str, Target]
    lock: threading.Lock = field(default_factory=threading.Lock)
    has_news: bool = True
    failures: dict[str, str] = field(default_factory=dict)

    def target(self, name: str, status: TargetStatus) -> None:
        """The target begins or ends."""
        with self.lock:
            self.targets[name] = _with_status(self.targets[name], status)
            self.has_news = True

    def event(self, name: str, number: int, status: TargetStatus, message: str = "") -> None:
        """One event of the target begins or ends."""
        with self.lock:
            target = self.targets[name]
            events = list(target.events)
            events[number] = replace(_with_status(events[number], status), message=message)
            self.targets[name] = replace(target, events=tuple(events))
            self.has_news = True
            if status is TargetStatus.FAILED:
                self.failures[name] = f"{events[number].name}: {message}"

    def news(self) -> tuple[Target, ...] | None:
        """All of it, if anything has changed since the last time."""
        with self.lock:
            if not self.has_news:
                return None
            self.has_news = False
            return tuple(self.targets.values())


def deploy(work: Work, deployments: Sequence[Deployment], *, target_type: str, pace: Pace) -> Tally:
    """Batch after batch; with too many failures, or when the work is lost, no other begins."""
    board = Board({each.instance: _target(each, target_type) for each in deployments})
    ended: list[Deployment] = []
    with ThreadPoolExecutor(max_workers=pace.batch) as threads:
        for first in range(0, len(deployments), pace.batch):
            if work.is_lost() or _is_too_much(board, ended, len(deployments), pace):
                break
            batch = deployments[first : first + pace.batch]
            _report_until(work, board, [threads.submit(_one, board, each) for each in batch])
            ended += batch
    for left in deployments[len(ended) :]:
        board.target(left.instance, TargetStatus.SKIPPED)
    _report(work, board)
    return _tally(board, ended, len(deployments), pace)


def _tally(board: Board, ended: Sequence[Deployment], count: int, pace: Pace) -> Tally:
    done = (each for each in board.targets.values() if each.status is TargetStatus.SUCCEEDED)
    is_failed = _is_too_much(board, ended, count, pace) or len(ended) < count
    return Tally(
        succeeded=tuple(each.id for each in done), failures=board.failures, is_failed=is_failed
    )


def _is_too_much(board: Board, ended: Sequence[Deployment], count: int, pace: Pace) -> bool:
    failed = set(board.failures)
    if pace.is_last_forgiven and 1 < count == len(ended):
        failed.discard(ended[-1].instance)
    return len(failed) > pace.errors


def _one(board: Board, deployment: Deployment) -> None:
    """Every event in its turn; after one that failed, the others are skipped."""
    name = deployment.instance
    board.target(name, TargetStatus.IN_PROGRESS)
    status = TargetStatus.SUCCEEDED
    for number, step in enumerate(deployment.steps):
        if status is TargetStatus.FAILED:
            board.event(name, number, TargetStatus.SKIPPED)
            continue
        board.event(name, number, TargetStatus.IN_PROGRESS)
        try:
            step.do()
        except EventFailed as failure:
            status = TargetStatus.FAILED
            board.event(name, number, status, str(failure))
        else:
            board.event(name, number, TargetStatus.SUCCEEDED)
    with contextlib.suppress(EventFailed):  # what counts has been said
        deployment.tidy()
    board.target(name, status)


def _report_until(work: Work, board: Board, running: Sequence[Future[None]]) -> None:
    """Report from this thread alone; a defect in one of the others is raised here."""
    left = set(running)
    while left:
        done, left = wait(left, timeout=LOOK_EVERY)
        _report(work, board)
        for each in done:
            each.result()


def _report(work: Work, board: Board) -> None:
    if (news := board.news()) is not None:
        work.report(news)


def said(work: Work, tally: Tally) -> str:
    """What failed, in the log and as a sentence for the error."""
    for instance, failure in tally.failures.items():
        say(work, f"{instance} failed: {failure}")
    return "; ".join(f"{name}: {why}" for name, why in list(tally.failures.items())[:3])


def _target(deployment: Deployment, target_type: str) -> Target:
    events = tuple(TargetEvent(name=step.name) for step in deployment.steps)
    return Target(id=deployment.instance, type=target_type, events=events)


def _with_status(timed: Timed, status: TargetStatus) -> Timed:
    """The same with this status, and the times that go with it."""
    now = datetime.now(UTC)
    match status:
        case TargetStatus.IN_PROGRESS:
            return replace(timed, status=status, started_at=now)
        case TargetStatus.SUCCEEDED | TargetStatus.FAILED:
            return replace(timed, status=status, ended_at=now)
        case _:
            return replace(timed, status=status)
