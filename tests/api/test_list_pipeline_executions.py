"""ListPipelineExecutions: newest first, page after page, with why each was stopped."""

from datetime import UTC, datetime

import pytest
import time_machine

from pipelines.core.refusals import InvalidNextToken, InvalidRequest, PipelineNotFound
from pipelines.core.results import SourceRevision
from pipelines.core.statuses import StopMode
from tests.api.asking import ask, every_page
from tests.api.histories import add_executions, is_sorted, plans
from tests.definitions import commands, s3_source, source, stage
from tests.engine_room import ALICE

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
IN_BUILD = {"succeededInStage": {"stageName": "Build"}}


def stages():
    return [
        stage("Source", source()),
        stage("Build", commands("Compile")),
        stage("Deploy", commands("Ship")),
    ]


def listed(pipeline="website", **given):
    return ask("ListPipelineExecutions", pipelineName=pipeline, **given)


def summaries(**given):
    return listed(**given)["pipelineExecutionSummaries"]


def ids(found):
    return [each["pipelineExecutionId"] for each in found]


def ids_of(executions):
    return [str(execution.pk) for execution in executions]


@time_machine.travel(NOW, tick=False)
def test_it_says_what_each_is_when_it_was_and_how_it_began(engine_room):
    execution = engine_room.create(stages=stages())

    assert summaries() == [
        {
            "pipelineExecutionId": str(execution.pk),
            "status": "InProgress",
            "startTime": NOW,
            "lastUpdateTime": NOW,
            "sourceRevisions": [],
            "trigger": {"triggerType": "CreatePipeline", "triggerDetail": ALICE.arn},
            "executionMode": "SUPERSEDED",
            "executionType": "STANDARD",
        }
    ]


def test_the_newest_comes_first(engine_room):
    executions = [engine_room.create(stages=stages()), engine_room.start(), engine_room.start()]

    assert ids(summaries()) == ids_of(reversed(executions))


def test_it_lists_executions_of_no_other_pipeline(engine_room):
    engine_room.create(stages=stages(), name="shop")
    execution = engine_room.create(stages=stages())

    assert ids(summaries()) == [str(execution.pk)]


def test_revisions_are_of_source_actions_in_the_order_of_the_definition(engine_room):
    engine_room.create(
        stages=[
            stage("Source", source("Fetch"), s3_source("Assets", output="Pictures")),
            stage("Build", commands("Compile")),
        ]
    )
    engine_room.succeed("Assets", revision=SourceRevision(revision_id="v7"))
    engine_room.succeed(
        "Fetch",
        revision=SourceRevision(
            revision_id="4f6a1c2e",
            summary="Say something new",
            url="https://console.example/commit/4f6a1c2e",
            change_id="2026-03-14T15:00:00Z",
            created_at=NOW,
        ),
    )

    assert summaries()[0]["sourceRevisions"] == [
        {
            "actionName": "Fetch",
            "revisionId": "4f6a1c2e",
            "revisionSummary": "Say something new",
            "revisionUrl": "https://console.example/commit/4f6a1c2e",
        },
        {"actionName": "Assets", "revisionId": "v7"},
    ]


# Stops.


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_is_told_as_soon_as_it_is_accepted_and_stays(engine_room, mode):
    execution = engine_room.create(stages=stages())
    engine_room.stop(execution, mode, reason="Wrong commit, sorry – “ё”\n🛑")

    stopping = summaries()[0]
    assert stopping["status"] == "Stopping"
    assert stopping["stopTrigger"] == {"reason": "Wrong commit, sorry – “ё”\n🛑"}
    if mode is StopMode.WAIT:
        engine_room.fetch()
    engine_room.settle()
    stopped = summaries()[0]
    assert stopped["status"] == "Stopped"
    assert stopped["stopTrigger"] == stopping["stopTrigger"]
    assert stopped["lastUpdateTime"] >= stopping["lastUpdateTime"]


@pytest.mark.parametrize(("reason", "told"), [(None, {}), ("", {"reason": ""})])
def test_a_stop_without_a_reason_is_told_without_one(engine_room, reason, told):
    execution = engine_room.create(stages=stages())
    engine_room.stop(execution, reason=reason)

    assert summaries()[0]["stopTrigger"] == told


def test_a_change_of_mind_replaces_the_reason_if_it_gives_one(engine_room):
    execution = engine_room.create(stages=stages())
    engine_room.stop(execution, StopMode.WAIT, reason="Wrong commit")
    engine_room.stop(execution, StopMode.ABANDON)
    assert summaries()[0]["stopTrigger"] == {"reason": "Wrong commit"}


def test_a_retry_that_resumes_it_drops_the_stop(engine_room):
    execution = engine_room.create(stages=stages())
    engine_room.stop(execution, StopMode.ABANDON, reason="Wrong commit")
    engine_room.settle()
    engine_room.retry(execution, "Source")

    resumed = summaries()[0]
    assert resumed["status"] == "InProgress"
    assert "stopTrigger" not in resumed


def test_an_execution_that_was_not_stopped_has_no_stop(engine_room):
    engine_room.create(stages=stages())
    engine_room.fail("Fetch")

    assert "stopTrigger" not in summaries()[0]


# Executions that succeeded in a stage.


def test_only_those_that_succeeded_in_the_stage_are_listed(engine_room):
    first = engine_room.create(stages=stages())
    engine_room.fetch()
    engine_room.fail("Compile")
    second = engine_room.start()
    engine_room.fetch()
    engine_room.succeed("Compile")
    engine_room.stop(second, StopMode.ABANDON)
    engine_room.settle()
    third = engine_room.start()
    engine_room.fetch()
    engine_room.stop(third, StopMode.ABANDON)
    engine_room.settle()

    assert ids(summaries(filter=IN_BUILD)) == ids_of([second])
    in_source = {"succeededInStage": {"stageName": "Source"}}
    assert ids(summaries(filter=in_source)) == ids_of([third, second, first])
    in_deploy = {"succeededInStage": {"stageName": "Deploy"}}
    assert summaries(filter=in_deploy) == []


def test_a_stage_that_succeeded_while_it_was_stopping_does_not_count(engine_room):
    execution = engine_room.create(stages=stages())
    engine_room.fetch()
    engine_room.stop(execution)
    engine_room.succeed("Compile")

    assert engine_room.action_statuses(execution)["Compile"] == "Succeeded"
    assert summaries(filter=IN_BUILD) == []


def test_only_the_current_version_counts(engine_room):
    engine_room.create(stages=stages())
    engine_room.fetch()
    engine_room.succeed("Compile")
    assert len(summaries(filter=IN_BUILD)) == 1

    engine_room.update(stages=stages())

    assert summaries(filter=IN_BUILD) == []


def test_a_stage_that_there_is_not_is_one_in_which_nobody_succeeded(engine_room):
    engine_room.create(stages=stages())

    assert summaries(filter={"succeededInStage": {"stageName": "Nowhere"}}) == []


def test_a_filter_without_the_name_of_a_stage_is_refused(engine_room):
    engine_room.create(stages=stages())

    with pytest.raises(InvalidRequest, match=r"filter\.succeededInStage\.stageName"):
        summaries(filter={"succeededInStage": {}})


def test_a_filter_that_asks_for_nothing_lists_all(engine_room):
    engine_room.create(stages=stages())

    assert len(summaries(filter={})) == 1


# Pages.


def pages_of(**given):
    return every_page(
        "ListPipelineExecutions", "pipelineExecutionSummaries", pipelineName="website", **given
    )


@pytest.mark.parametrize("chosen", [{}, {"filter": IN_BUILD}], ids=["all", "succeeded"])
def test_the_pages_follow_one_another_to_the_end(engine_room, chosen):
    engine_room.create(stages=stages())
    history = add_executions(engine_room, 7)
    expected = ids_of(reversed(history))

    found = pages_of(maxResults=3, **chosen)

    assert [len(page) for page in found] == ([3, 3, 2] if not chosen else [3, 3, 1])
    assert [id_ for page in found for id_ in ids(page)][:7] == expected


def test_after_a_last_page_that_is_full_there_is_no_token(engine_room):
    engine_room.create(stages=stages())
    add_executions(engine_room, 5)

    assert [len(page) for page in pages_of(maxResults=3)] == [3, 3]


def test_a_page_has_a_hundred_if_nobody_says_how_many(engine_room):
    engine_room.create(stages=stages())
    add_executions(engine_room, 130)

    assert [len(page) for page in pages_of()] == [100, 31]


def test_executions_that_start_meanwhile_neither_hide_nor_repeat_any(engine_room):
    engine_room.create(stages=stages())
    add_executions(engine_room, 9)
    known = ids(summaries())

    seen = []
    more: dict[str, str] = {}
    while True:
        output = listed(maxResults=2, **more)
        seen += ids(output["pipelineExecutionSummaries"])
        add_executions(engine_room, 3)
        if "nextToken" not in output:
            break
        more = {"nextToken": output["nextToken"]}

    assert seen == known


def test_the_size_may_change_from_page_to_page(engine_room):
    engine_room.create(stages=stages())
    add_executions(engine_room, 6)
    first = listed(maxResults=2)

    second = listed(maxResults=5, nextToken=first["nextToken"])

    assert len(second["pipelineExecutionSummaries"]) == 5
    assert "nextToken" not in second


def test_a_token_is_of_one_list_only(engine_room):
    engine_room.create(stages=stages(), name="shop")
    engine_room.create(stages=stages())
    add_executions(engine_room, 3)
    token = listed(maxResults=1)["nextToken"]

    with pytest.raises(InvalidNextToken):
        listed(pipeline="shop", nextToken=token)
    with pytest.raises(InvalidNextToken):
        listed(filter=IN_BUILD, nextToken=token)
    with pytest.raises(InvalidNextToken):
        ask("ListActionExecutions", pipelineName="website", nextToken=token)
    with pytest.raises(InvalidNextToken):
        listed(nextToken=token[:-1])


def test_a_pipeline_of_the_same_name_later_is_another(engine_room):
    engine_room.create(stages=stages())
    add_executions(engine_room, 3)
    token = listed(maxResults=1)["nextToken"]
    engine_room.pipeline.delete()
    engine_room.create(stages=stages())

    with pytest.raises(InvalidNextToken):
        listed(nextToken=token)


@pytest.mark.parametrize("chosen", [{}, {"filter": IN_BUILD}], ids=["all", "succeeded"])
def test_what_is_older_than_twelve_months_is_not_listed(engine_room, chosen):
    engine_room.create(stages=stages())
    add_executions(engine_room, 3, days_ago=366)
    recent = add_executions(engine_room, 2, days_ago=364)

    found = pages_of(maxResults=2, **chosen)

    assert [ids(page) for page in found] == [ids_of(reversed(recent))]


def test_a_pipeline_that_there_is_not_is_refused(db):
    with pytest.raises(PipelineNotFound):
        listed()


# What it costs.


@pytest.mark.parametrize("finished", [0, 1000])
@pytest.mark.parametrize("chosen", [{}, {"filter": IN_BUILD}], ids=["all", "succeeded"])
def test_it_takes_three_queries_however_long_the_history_and_one_when_nothing_changed(
    engine_room, finished, chosen, django_assert_num_queries
):
    engine_room.create(stages=stages())
    add_executions(engine_room, finished)

    with django_assert_num_queries(3):
        first = listed(**chosen)
    with django_assert_num_queries(1):
        assert listed(**chosen) == first


@pytest.mark.parametrize("chosen", [{}, {"filter": IN_BUILD}], ids=["all", "succeeded"])
def test_a_page_is_read_from_an_index_in_its_order(engine_room, chosen):
    engine_room.create(stages=stages())
    add_executions(engine_room, 9)
    token = listed(maxResults=2, **chosen)["nextToken"]

    (plan,) = plans(lambda: listed(maxResults=2, nextToken=token, **chosen))

    assert "sequence" in plan  # what the index is entered by
    assert not is_sorted(plan)
    assert not chosen or "stay_by_outcome" in plan
