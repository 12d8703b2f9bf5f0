"""Whatever happens, in whatever order: what is read of it is well formed and does not disagree."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, precondition, run_state_machine_as_test

from pipelines import tasks as tasks_module
from tests.api.asking import ask, every_page
from tests.engine.test_any_story_on_rows import LIMIT, NIGHTLY, Rows, Story

SETTINGS = settings(
    deadline=None,
    max_examples=150 if NIGHTLY else 6,
    stateful_step_count=40 if NIGHTLY else 20,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
IN_PASSING = {"Succeeded", "Skipped"}  # of a stay, whatever became of the execution afterwards


class StoryAsRead(Story):
    """The same stories, looked at through the API after every step.

    Every answer is checked against the service model, so nothing outside its enums is ever read
    (I30).
    """

    def __init__(self):
        super().__init__()
        self.seen = {}  # execution -> what was listed of it last, and its attempt

    @precondition(lambda self: self.room.pipeline)
    @invariant()
    def what_is_read_agrees(self):
        rows = Rows()
        state = ask("GetPipelineState", name="website")
        (listed,) = every_page(
            "ListPipelineExecutions", "pipelineExecutionSummaries", pipelineName="website"
        )
        by_id = {each["pipelineExecutionId"]: each for each in listed}
        assert by_id.keys() == {str(id_) for id_ in rows.executions}
        self.i26_the_operations_agree_on_the_status(by_id, state)
        self.i21_i22_a_stop_is_told_with_its_reason_while_it_counts(rows, by_id)
        self.the_state_is_of_the_latest_runs(rows, state)
        self.every_run_is_listed_once(rows)
        self.finished_is_finished(rows, by_id)

    def i26_the_operations_agree_on_the_status(self, listed, state):
        for id_, summary in listed.items():
            one = ask("GetPipelineExecution", pipelineName="website", pipelineExecutionId=id_)
            told = one["pipelineExecution"]
            assert told["status"] == summary["status"]
            same = ("trigger", "executionMode", "executionType", "statusSummary")
            assert [told.get(name) for name in same] == [summary.get(name) for name in same]
        for stage in state["stageStates"]:
            for where in ("latestExecution", "inboundExecution"):
                shown = stage.get(where)
                if shown and shown["status"] not in IN_PASSING:
                    assert shown["status"] == listed[shown["pipelineExecutionId"]]["status"]
            for waiting in stage.get("inboundExecutions", []):
                assert listed[waiting["pipelineExecutionId"]]["status"] == "InProgress"

    def i21_i22_a_stop_is_told_with_its_reason_while_it_counts(self, rows, listed):
        for execution in rows.executions.values():
            told = listed[str(execution.id)].get("stopTrigger")
            asked = [
                request
                for request in rows.requests
                if (request.execution_id, request.attempt) == (execution.id, execution.attempt)
            ]
            assert (told is not None) == bool(asked)
            given = [request.reason for request in asked if request.reason is not None]
            if told is not None:
                assert told.get("reason") == (given[-1] if given else None)
            if execution.id in self.reasons:
                assert told == (
                    {}
                    if self.reasons[execution.id] is None
                    else {"reason": self.reasons[execution.id]}
                )

    def the_state_is_of_the_latest_runs(self, rows, state):
        is_shown = self.pipeline.execution_mode != "PARALLEL"
        latest = {one.name: rows.stays.get(one.latest_id) for one in rows.stages if is_shown}
        for stage in state["stageStates"]:
            stay = latest.get(stage["stageName"])
            runs = rows.latest_runs(stay.id) if stay else {}
            for action in stage["actionStates"]:
                run, shown = runs.get(action["actionName"]), action.get("latestExecution", {})
                assert shown.get("actionExecutionId") == (str(run.id) if run else None)
                assert shown.get("status") == (run.status if run else None)
                is_open = run is not None and run.token and run.is_waited_for
                assert ("token" in shown) == bool(is_open)

    def every_run_is_listed_once(self, rows):
        """What actions did in one list, what rules did in the other."""
        are_listed_once(
            [run for run in rows.runs if not run.is_rule],
            *("ListActionExecutions", "actionExecutionDetails", "actionExecutionId"),
        )
        are_listed_once(
            [run for run in rows.runs if run.is_rule],
            *("ListRuleExecutions", "ruleExecutionDetails", "ruleExecutionId"),
        )

    def finished_is_finished(self, rows, listed):
        """What is listed of a finished execution changes only with another attempt (I13, I20)."""
        for execution in rows.executions.values():
            if not execution.is_finished:
                continue
            now = (execution.attempt, listed[str(execution.id)])
            before = self.seen.setdefault(execution.id, now)
            assert before[0] < now[0] or before == now
            self.seen[execution.id] = now


def are_listed_once(runs, operation, member, identity):
    """With their statuses, newest first."""
    pages = every_page(operation, member, pipelineName="website", maxResults=7)
    listed = [each for page in pages for each in page]
    assert len(listed) == len(runs)
    assert {each[identity]: each["status"] for each in listed} == {
        str(run.id): run.status for run in runs
    }
    began = [each["startTime"] for each in listed]
    assert began == sorted(began, reverse=True)


@pytest.mark.timeout(1800)  # for the nightly profile
def test_whatever_happens_what_is_read_of_it_agrees(db, monkeypatch):
    monkeypatch.setattr(tasks_module, "wake", tasks_module.wake)  # put back what Story replaces
    monkeypatch.setattr("django.conf.settings.PENSTOCK_CONCURRENT_EXECUTIONS", LIMIT)
    run_state_machine_as_test(StoryAsRead, settings=SETTINGS)
