"""Which sources are looked at, and when what is found starts an execution."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.core.action_types import ActionTypeId
from pipelines.core.watching import (
    Means,
    SourceFacts,
    Verdict,
    judge,
    next_look,
    polling_disabled_at,
    wants_files,
    watches,
)
from tests.definitions import action, commands, definition, planned, s3_source, source, stage

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CONNECTION = ActionTypeId("Source", "AWS", "CodeStarSourceConnection", "1")
GITHUB = ActionTypeId("Source", "ThirdParty", "GitHub", "1")
ECR = ActionTypeId("Source", "AWS", "ECR", "1")
PUSH = {"push": [{"branches": {"includes": ["main"]}}]}


def connection(name="Fetch", **configuration):
    told = {
        "ConnectionArn": "arn:aws:codeconnections:us-east-1:123456789012:connection/"
        "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
        "FullRepositoryId": "acme/site",
        "BranchName": "main",
    }
    return action(name, CONNECTION, outputs=[name], configuration={**told, **configuration})


def github(**configuration):
    told = {"Owner": "acme", "Repo": "site", "Branch": "main", "OAuthToken": "x"}
    return action("Fetch", GITHUB, outputs=["Code"], configuration={**told, **configuration})


def polled(poll, builder, **told):
    return builder(configuration={**told, "PollForSourceChanges": poll})


def watched(*sources, triggers=()):
    stages = [stage("Source", *sources), stage("Build", commands(inputs=[first_output(sources)]))]
    return watches(planned(definition(stages=stages)), triggers)


def first_output(sources):
    return sources[0]["outputArtifacts"][0]["name"]


def trigger(name, configuration):
    return {"gitConfiguration": {"sourceActionName": name, **configuration}}


@pytest.mark.parametrize(
    ("declared", "means"),
    [
        (source(), Means.POLLING),
        (s3_source(), Means.POLLING),
        (github(), Means.POLLING),
        (connection(), Means.CONNECTION),
        (connection(DetectChanges="true"), Means.CONNECTION),
        (
            action("Fetch", ECR, outputs=["Image"], configuration={"RepositoryName": "shop"}),
            Means.EVENT,
        ),
    ],
)
def test_a_source_that_says_nothing_is_looked_at(declared, means):
    [each] = watched(declared)

    assert (each.action.name, each.means, each.has_filters) == ("Fetch", means, False)


@pytest.mark.parametrize(
    "declared",
    [
        polled("false", source, RepositoryName="website", BranchName="main"),
        polled("false", s3_source, S3Bucket="uploads", S3ObjectKey="x.zip"),
        github(PollForSourceChanges="false"),
        connection(DetectChanges="false"),
    ],
)
def test_a_source_that_says_no_is_not(declared):
    assert watched(declared) == ()


def test_a_source_of_somebody_elses_is_not():
    """Job workers know themselves when there is something new."""
    custom = ActionTypeId("Source", "Custom", "Perforce", "1")
    plan = planned(definition(stages=[stage("Source", source()), stage("Build", commands())]))
    [declared] = plan.first.actions
    own = replace(plan.first, actions=(replace(declared, type_id=custom),))

    assert watches(replace(plan, stages=(own, *plan.stages[1:])), ()) == ()


def test_with_triggers_only_the_connections_that_have_one_are_looked_at():
    sources = (connection("A"), connection("B"), source("C"))

    found = watched(*sources, triggers=[trigger("A", PUSH)])

    assert [(each.action.name, each.has_filters) for each in found] == [("A", True), ("C", False)]


def test_a_trigger_counts_whatever_detect_changes_says():
    [each] = watched(connection(DetectChanges="false"), triggers=[trigger("Fetch", PUSH)])

    assert each.has_filters


def test_looking_finds_no_pull_requests():
    pull = {"pullRequest": [{"branches": {"includes": ["main"]}}]}

    assert watched(connection(), triggers=[trigger("Fetch", pull)]) == ()


def test_files_are_wanted_only_where_a_filter_asks_for_them():
    files = {"push": [{"branches": {"includes": ["x"]}, "filePaths": {"includes": ["docs/**"]}}]}
    triggers = [trigger("A", PUSH), trigger("B", files)]

    assert not wants_files("A", triggers)
    assert wants_files("B", triggers)


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        # The first look sees, and starts nothing …
        ({"was_looked_at": False}, Verdict.REMEMBER),
        ({"was_looked_at": False, "taken": "new"}, Verdict.REMEMBER),
        # … unless the first execution took something else.
        ({"was_looked_at": False, "taken": "old"}, Verdict.START),
        ({"was_looked_at": False, "taken": "old", "pending": [""]}, Verdict.LATER),
        ({"was_looked_at": False, "pending": [""]}, Verdict.LATER),
        ({"seen": "new"}, Verdict.NOTHING),
        ({"seen": "new", "pending": [""]}, Verdict.NOTHING),
        ({"seen": "old"}, Verdict.START),
        ({"seen": ""}, Verdict.START),  # there was nothing
        ({"seen": "old", "is_used": True}, Verdict.REMEMBER),
        ({"seen": "old", "pending": [""]}, Verdict.LATER),
        ({"seen": "old", "pending": ["new"]}, Verdict.LATER),
        ({"seen": "old", "pending": ["older"]}, Verdict.START),
        ({"seen": "old", "pending": ["older", ""]}, Verdict.LATER),
    ],
)
def test_what_is_done_about_the_newest_revision(facts, verdict):
    told = {"found": "new", "seen": "", "was_looked_at": True, **facts}

    assert judge(SourceFacts(**told)) is verdict


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 30), (1, 60), (2, 120), (6, 1800), (7, 1800), (10**9, 1800)]
)
def test_a_source_that_cannot_be_asked_is_asked_less_and_less(failures, seconds):
    due = next_look(now=NOW, every=timedelta(seconds=30), failures=failures)

    assert due - NOW == timedelta(seconds=seconds)


def test_failures_never_make_it_more_often_than_asked_for():
    assert next_look(now=NOW, every=timedelta(hours=2), failures=3) - NOW == timedelta(hours=2)


@pytest.mark.parametrize(
    ("declared", "days", "is_off"),
    [
        (source(), 29, False),
        (source(), 30, True),
        (source(), 400, True),
        (connection(), 400, False),
    ],
)
def test_polling_ends_when_nothing_happens_for_thirty_days(declared, days, is_off):
    active_at = NOW - timedelta(days=days)

    off_at = polling_disabled_at(watched(declared), active_at=active_at, now=NOW)

    assert off_at == (active_at + timedelta(days=30) if is_off else None)
