"""What stopping an execution would do, in words, before anybody does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone

from console.present import estimating, outside
from console.present.sentences import counted, listed, until_when
from console.present.statuses import NOT_STARTED, WAITING_FOR_APPROVAL, StatusWords, action_words
from pipelines import executions, treatments
from pipelines.core.statuses import ActionStatus, ExecutionMode, StageStatus
from pipelines.models import ActionExecution, StageExecution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from console.present.estimating import Live
    from pipelines.core.abandoned_work import Treatment
    from pipelines.core.foreseeing import ActionForecast, StopForecast
    from pipelines.core.plan import ActionPlan
    from pipelines.models import Pipeline, PipelineExecution, Stage

CUTS_NOTHING_OFF = "Nothing that is running is cut off."
HAS_NO_END = "If nobody is going to answer, choose Stop and abandon."
NOTHING_FOLLOWS = "What the rules of its condition say then has no effect."
IS_LATE = "It has taken longer than usual already."


class Lead(NamedTuple):
    """The answer in one line, of which the first half is what matters."""

    answer: str
    rest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLine:
    """One action of the occupied stage, now and then."""

    name: str
    words: StatusWords
    started_at: datetime | None  # of one that runs
    usually: str  # how long it takes; empty: nobody knows
    then_wait: str
    then_abandon: str


class RuleLine(NamedTuple):
    """A running rule, which is waited for as an action is."""

    name: str
    then_abandon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLines:
    """What becomes of the occupied stage."""

    name: str
    until: str  # what stop and wait keeps it locked for; empty: it unlocks at once
    enters_next: UUID | None
    waits_in_front: UUID | None
    is_locked: bool  # others wait for it; nobody does for the stage of a parallel execution
    is_open: bool  # the transition into it is enabled, so it can be disabled first
    retry_wait: str
    retry_abandon: str
    last_success: StageExecution | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Everything that the impact preview prints; `seen` stands for it in the form."""

    execution_id: UUID
    seen: str
    lead_wait: Lead
    lead_abandon: Lead
    waits_for: str
    is_queued: bool  # there may be others behind it
    actions: tuple[ActionLine, ...]
    rules: tuple[RuleLine, ...]  # of the condition that is being checked: those that run
    stages_not_reached: str
    actions_not_reached: str
    stage: StageLines | None
    warning: str  # what goes on outside when its actions are abandoned
    is_ticking: bool  # it says how long something takes


def preview_of(pipeline: Pipeline, execution: PipelineExecution) -> Preview | None:
    """None once it is finished.  Load the execution with the stay that it occupies."""
    foreseen = executions.preview_stop(execution)
    if foreseen is None:
        return None
    forecast = foreseen.wait
    stage = pipeline.stages.filter(name=forecast.stage or "").first()
    live = _live(execution, forecast, stage.usual_seconds if stage else {})
    plans = _plans(execution, forecast)
    how = _treatments(pipeline, forecast)
    working = _working_rules(execution, forecast)
    return Preview(
        execution_id=execution.pk,
        seen=foreseen.seen,
        lead_wait=_lead_wait(forecast, live),
        lead_abandon=_lead_abandon(forecast),
        waits_for=forecast.waits_for or "",
        is_queued=execution.mode == ExecutionMode.QUEUED,
        actions=tuple(
            _line(action, live, plans.get(action.name), how.get(action.name))
            for action in forecast.actions
        ),
        rules=tuple(_rule_line(name, working) for name in forecast.rules),
        stages_not_reached=", ".join(forecast.stages_not_reached),
        actions_not_reached=counted(forecast.actions_not_reached, "action"),
        stage=_stage_lines(pipeline, execution, forecast, stage, live) if stage else None,
        warning=outside.warning(
            [
                *((plan, how[name]) for name, plan in plans.items()),
                *((rule, treatments.of_site()) for rule in working.values()),
            ]
        ),
        is_ticking=any(one.usual_seconds for one in live.values()),
    )


def _live(
    execution: PipelineExecution, forecast: StopForecast, usual: Mapping[str, float]
) -> dict[str, Live]:
    """The running actions, by name, and for how long they have run."""
    if execution.occupied is None:
        return {}
    latest = ActionExecution.objects.latest_in([execution.occupied])
    rows = latest.filter(action_name__in=forecast.live).only(
        "stage_execution_id", "action_name", "started_at", "token"
    )
    return {
        row.action_name: estimating.Live(
            name=row.action_name,
            started_at=row.started_at,
            asks=bool(row.token),
            usual_seconds=None if row.token else usual.get(row.action_name),
        )
        for row in rows.order_by("started_at", "action_name")
    }


def _plans(execution: PipelineExecution, forecast: StopForecast) -> dict[str, ActionPlan]:
    """What the definition says of the running actions, by name."""
    plan = execution.plan
    return {name: plan.stage(forecast.stage or "").action(name) for name in forecast.live}


def _treatments(pipeline: Pipeline, forecast: StopForecast) -> dict[str, Treatment]:
    """What is done about the work of the running actions once they are abandoned, by name."""
    own = treatments.own(pipeline.pk)
    return {
        name: row.treatment if (row := own.get((forecast.stage or "", name))) else site
        for site in [treatments.of_site()]
        for name in forecast.live
    }


def _working_rules(execution: PipelineExecution, forecast: StopForecast) -> dict[str, ActionPlan]:
    """The running rules that have something running outside, by name."""
    if not forecast.rules or execution.occupied is None:
        return {}
    rows = ActionExecution.objects.of_rules().filter(
        stage_execution=execution.occupied, status=ActionStatus.IN_PROGRESS
    )
    rules = [row.declared_in(execution.plan) for row in rows]
    return {rule.name: rule for rule in rules if outside.rule_works(rule)}


def _rule_line(name: str, working: Mapping[str, ActionPlan]) -> RuleLine:
    """Rules have no policy of their own."""
    rule = working.get(name)
    goes_on = f"; {outside.goes_on(rule, treatments.of_site())}" if rule else ""
    return RuleLine(name, f"Abandoned{goes_on}")


def _lead_wait(forecast: StopForecast, live: Mapping[str, Live]) -> Lead:
    if forecast.rules:
        return Lead(f"Stops when {until_when(forecast.rules, ())}.", NOTHING_FOLLOWS)
    if not live:
        return Lead("Stops at once.", _nothing_runs(forecast))
    until, left = _until(live), estimating.remaining(list(live.values()), now=timezone.now())
    if left is not None and left > 0:
        return Lead(f"Stops in {estimating.about(left)},", f"when {until}. {CUTS_NOTHING_OFF}")
    if left is not None:
        return Lead(f"Stops when {until}.", f"{IS_LATE} {CUTS_NOTHING_OFF}")
    has_no_end = any(one.asks for one in live.values())
    return Lead(f"Stops when {until}.", HAS_NO_END if has_no_end else CUTS_NOTHING_OFF)


def _lead_abandon(forecast: StopForecast) -> Lead:
    running, rules = len(forecast.live), len(forecast.rules)
    if rules:
        given_up = f"{counted(rules, 'running rule')} {'is' if rules == 1 else 'are'} abandoned."
        return Lead("Stops at once.", f"{given_up} {_never(forecast)}".rstrip())
    if not running:
        return Lead("Stops at once.", f"{_nothing_runs(forecast)} {_never(forecast)}".rstrip())
    is_abandoned = (
        f"{counted(running, 'running action')} {'is' if running == 1 else 'are'} abandoned"
    )
    return Lead("Stops at once.", f"{is_abandoned}. {_never(forecast)}".rstrip())


def _never(forecast: StopForecast) -> str:
    actions, stages = len(forecast.never_start), len(forecast.stages_not_reached)
    kinds = ((actions, "action"), (stages, "stage"))
    lost = listed([counted(number, noun) for number, noun in kinds if number])
    return f"{lost} never start{'s' if actions + stages == 1 else ''}." if lost else ""


def _nothing_runs(forecast: StopForecast) -> str:
    if forecast.waits_for:
        return f"It waits in front of {forecast.waits_for}, and nothing of it is running."
    return "Nothing of it is running."


def _until(live: Mapping[str, Live]) -> str:
    return until_when(
        [one.name for one in live.values() if not one.asks],
        [one.name for one in live.values() if one.asks],
    )


def _line(
    action: ActionForecast,
    live: Mapping[str, Live],
    plan: ActionPlan | None,
    treatment: Treatment | None,
) -> ActionLine:
    """With plan and treatment when it is running."""
    words = action_words(action.now) if action.now else NOT_STARTED
    then_wait = then_abandon = "Unchanged" if action.now else "Will not start"
    if plan and treatment:
        then_abandon = f"Abandoned; {outside.goes_on(plan, treatment)}"
        then_wait = "Waits for an answer" if outside.asks(plan) else "Runs to completion"
        words = WAITING_FOR_APPROVAL if outside.asks(plan) else words
    running = live.get(action.name)
    usual = running.usual_seconds if running else None
    return ActionLine(
        name=action.name,
        words=words,
        started_at=running.started_at if running else None,
        usually=estimating.about(usual) if usual else "",
        then_wait=then_wait,
        then_abandon=then_abandon,
    )


def _stage_lines(
    pipeline: Pipeline,
    execution: PipelineExecution,
    forecast: StopForecast,
    stage: Stage,
    live: Mapping[str, Live],
) -> StageLines:
    if execution.version == pipeline.version:
        retry_wait = _retry(forecast, abandoned=(), may_fail=bool(live))
        retry_abandon = _retry(forecast, abandoned=forecast.live, may_fail=False)
    else:
        retry_wait = retry_abandon = (
            f"{stage.name} cannot be retried: the pipeline was changed since the execution started."
        )
    return StageLines(
        name=stage.name,
        until=until_when(forecast.rules, ()) if forecast.rules else _until(live) if live else "",
        enters_next=forecast.enters_next,
        waits_in_front=forecast.waits_in_front,
        is_locked=execution.takes_locks,
        is_open=stage.inbound_enabled,
        retry_wait=retry_wait,
        retry_abandon=retry_abandon,
        last_success=_last_success(pipeline, stage.name),
    )


def _retry(forecast: StopForecast, *, abandoned: Sequence[str], may_fail: bool) -> str:
    """What a retry of the stopped stage does: what failed again, then what never started."""
    again = [
        action.name
        for action in forecast.actions
        if action.now is ActionStatus.FAILED or action.name in abandoned
    ]
    steps = [f"runs {listed(again)} again"] if again else []
    if may_fail:
        steps.append("runs again what fails by then")
    if forecast.never_start:
        steps.append(f"starts {listed(forecast.never_start)}")
    elif not steps:
        steps.append("completes it, since all its actions have succeeded")
    return f"A retry of {forecast.stage} {', then '.join(steps)}."


def _last_success(pipeline: Pipeline, stage_name: str) -> StageExecution | None:
    """The newest stay that succeeded, looked for from the newest backwards."""
    succeeded = StageExecution.objects.filter(
        pipeline=pipeline, stage_name=stage_name, status=StageStatus.SUCCEEDED
    )
    return succeeded.order_by("-version", "-sequence").first()
