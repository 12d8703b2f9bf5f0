"""What pushes and pull requests start, on rows: each change once, pinned to its commit."""

import json

import pytest
from django.db import IntegrityError, transaction

from pipelines import definitions, triggering
from pipelines.core.triggers import PullRequest, PullRequestEvent, Push, Repository
from pipelines.models import PipelineExecution, UsedChange
from tests.core.connected import connected, connection, push, trigger
from tests.definitions import approval, definition, stage
from tests.engine_room import ALICE

ARN = "arn:aws:codeconnections:eu-central-1:123456789012:connection/1a2b"
WEBSITE = Repository(connection_arn=ARN, full_id="examples/website")
SHA = "5b2c9c51e2c4f7cfd3e4fe1a6b1f3f1a5c8d7e90"
NEXT = "0d1a2b3c4d5e6f708192a3b4c5d6e7f801234567"


@pytest.fixture
def pipeline(engine_room):
    """One that has seen its first execution come, and watches main and version tags."""
    return created(
        connected(
            trigger(
                push=[{"branches": {"includes": ["main"]}}, {"tags": {"includes": ["v*"]}}],
                pullRequest=[{"branches": {"includes": ["main"]}}],
            ),
            name="website",
        )
    )


def created(given):
    return definitions.create(given, by=ALICE)


def pushed(commit=SHA, *, about=None, repository=WEBSITE, **where):
    change = Push(commit=commit, **(where or {"branch": "main"}))
    return triggering.pushed(repository=repository, push=change, about=about)


def pulled(event, commit=SHA):
    change = PullRequest(
        commit=commit, event=event, source_branch="fix", target_branch="main", number="7"
    )
    return triggering.pull_request(repository=WEBSITE, pull=change)


def triggered():
    return PipelineExecution.objects.filter(trigger_type="WebhookV2").order_by("sequence")


def test_a_push_starts_an_execution_that_is_pinned_to_its_commit(pipeline):
    [connected_one, other] = pushed()
    execution = triggered().get()
    assert connected_one.execution == execution
    assert connected_one.is_new
    assert other.execution is None
    assert other.why == "the pipeline has triggers, but none for this action"
    assert execution.source_overrides == [
        {"actionName": "Connected", "revisionType": "COMMIT_ID", "revisionValue": SHA}
    ]


def test_the_execution_says_what_triggered_it(pipeline):
    pushed(about={"commit-message": "Say hello", "author-email": "ann@example.com", "odd": "x"})
    assert json.loads(triggered().get().trigger_detail) == {
        "full-repository-name": "examples/website",
        "connection-arn": ARN,
        "commit-id": SHA,
        "branch-name": "main",
        "author-email": "ann@example.com",
        "commit-message": "Say hello",
    }


def test_what_does_not_fit_or_cannot_be_kept_is_left_out(pipeline):
    about = {name: "é" * 500 for name, _ in triggering.ABOUT}
    pushed("a" * 400, about={**about, "commit-message": "x\0\ud800" * 500, "author-id": "ann\0"})
    text = triggered().get().trigger_detail
    assert len(text) <= triggering.DETAIL_LIMIT
    assert json.loads(text)["author-id"] == "ann"
    assert "commit-message" not in json.loads(text)


def test_the_same_push_starts_nothing_again(pipeline):
    [first, _] = pushed()
    [again, _] = pushed()
    assert again.execution == first.execution
    assert not again.is_new
    assert again.why == "it has started an execution before"
    assert triggered().count() == 1


def test_another_commit_another_tag_and_another_event_start_again(pipeline):
    pushed()
    pushed(NEXT)
    pushed(tag="v1")
    pushed(tag="v2")
    for event in PullRequestEvent:
        pulled(event)
    pulled(PullRequestEvent.UPDATED, NEXT)
    assert triggered().count() == 8
    pulled(PullRequestEvent.OPEN)
    pushed(tag="v1")
    assert triggered().count() == 8


def test_the_database_lets_a_change_start_a_pipeline_once(pipeline):
    pushed()
    row = UsedChange.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_pushes_to_other_repositories_start_nothing(pipeline):
    elsewhere = Repository(connection_arn=ARN, full_id="examples/web")
    assert pushed(repository=elsewhere) == []
    assert pushed(repository=Repository(connection_arn="", full_id="examples/website")) == []
    assert pushed(repository=Repository(connection_arn=ARN, full_id="%")) == []
    assert not triggered().exists()


def test_what_does_not_match_says_why(pipeline):
    assert pushed(branch="other")[0].why == (
        "its branches do not match other; the filter is not for branches"
    )
    assert not triggered().exists()


def test_both_sources_of_a_pipeline_are_pinned_in_one_execution(engine_room):
    created(connected(push(tags={"includes": ["v*"]}), push("Other", tags={"includes": ["v1"]})))
    pushed(tag="v1")
    assert [each["actionName"] for each in triggered().get().source_overrides] == [
        "Connected",
        "Other",
    ]


def test_a_v1_pipeline_starts_without_being_pinned(engine_room):
    created(definition(stages=[stage("Source", connection()), stage("Ask", approval())]))
    [outcome] = pushed()
    assert outcome.why == "BranchName is main"
    assert outcome.execution.source_overrides == []
    assert pushed(branch="other")[0].execution is None


def test_every_pipeline_that_watches_the_repository_starts(engine_room):
    for name in ("b", "a"):
        created(definition(name, stages=[stage("Source", connection()), stage("Ask", approval())]))
    assert [(each.pipeline, each.is_new) for each in pushed()] == [("a", True), ("b", True)]


def test_only_the_current_version_counts(pipeline):
    definitions.update(connected(push(tags={"includes": ["v*"]}), name="website"), by=ALICE)
    assert [each.execution for each in pushed()] == [None, None]


def test_how_many_pipelines_there_are_costs_no_queries(engine_room, django_assert_num_queries):
    for number in range(3):
        created(
            definition(
                f"p{number}", stages=[stage("Source", connection()), stage("Ask", approval())]
            )
        )
    pushed(branch="other")
    with django_assert_num_queries(1):
        pushed(branch="other")
