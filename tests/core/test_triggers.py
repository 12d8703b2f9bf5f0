"""Whose pushes and pull requests start a pipeline: one row a rule (spec/engine.md §16)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.triggers import (
    PullRequest,
    PullRequestEvent,
    Push,
    Repository,
    connected_actions,
    selects,
    verdicts,
)
from tests.core.connected import connected, connection, push, trigger
from tests.definitions import approval, definition, planned, stage

ARN = "arn:aws:codeconnections:eu-central-1:123456789012:connection/1a2b"
REPOSITORY = Repository(connection_arn=ARN, full_id="examples/website")
SHA = "5b2c9c51e2c4f7cfd3e4fe1a6b1f3f1a5c8d7e90"
MAIN = {"includes": ["main"]}


def started(change, *triggers):
    """The source actions that the change starts."""
    return [each.action for each in judged(change, *triggers) if each.starts]


def why(change, *triggers):
    return judged(change, *triggers)[0].why


def judged(change, *triggers):
    plan = planned(connected(*triggers) if triggers else quiet())
    sources = [each for each in plan.first.actions if each.name == "Connected"]
    return verdicts(change, connected_actions(sources, REPOSITORY), triggers)


def quiet():
    return definition(stages=[stage("Source", connection()), stage("Ask", approval())])


def pushed(branch="main", **members):
    return Push(commit=SHA, branch=branch, **members)


def tagged(tag):
    return Push(commit=SHA, tag=tag)


def pull(event=PullRequestEvent.OPEN, *, into="main", **members):
    return PullRequest(
        commit=SHA, event=event, source_branch="feature/x", target_branch=into, **members
    )


@pytest.mark.parametrize(
    ("change", "filters", "reason"),
    [
        # Branches, tags, and which is for which.
        (pushed(), {"branches": MAIN}, ""),
        (pushed("other"), {"branches": MAIN}, "its branches do not match other"),
        (pushed("release/1"), {"branches": {"includes": ["main", "release/*"]}}, ""),
        (pushed("release/1/2"), {"branches": {"includes": ["release/*"]}}, "its branches do not"),
        (pushed("any"), {"branches": {"excludes": ["main"]}}, ""),
        (pushed(), {"branches": {"excludes": ["main"]}}, "its branches do not match main"),
        (pushed(), {"branches": {"includes": ["**"], "excludes": ["ma*"]}}, "its branches do not"),
        (tagged("v1"), {"branches": MAIN}, "the filter is not for tags"),
        (tagged("v1"), {"tags": {"includes": ["v*"]}}, ""),
        (tagged("v0.1"), {"tags": {"includes": ["v*"], "excludes": ["v0.*"]}}, "its tags do not"),
        (pushed("v1"), {"tags": {"includes": ["v*"]}}, "the filter is not for branches"),
        (pushed(), {"tags": {"includes": ["v*"]}, "branches": MAIN}, ""),
        (tagged("v1"), {"tags": {"includes": ["v*"]}, "branches": MAIN}, ""),
        (pushed(), {"branches": {"includes": ["[main"]}}, "its branches do not match main"),
        (pushed(), {"branches": {"includes": ["main"], "excludes": ["[main"]}}, ""),
        # Files.
        (pushed(changed_files=["a.py"]), {"branches": MAIN, "filePaths": {"includes": ["*"]}}, ""),
        (
            pushed(changed_files=["src/a.py"]),
            {"branches": MAIN, "filePaths": {"includes": ["*"]}},
            "its filePaths match none of the changed files",
        ),
        (
            pushed(changed_files=["docs/a.md", "src/a.py"]),
            {"branches": MAIN, "filePaths": {"excludes": ["docs/**"]}},
            "",
        ),
        (
            pushed(changed_files=["docs/a.md"]),
            {"branches": MAIN, "filePaths": {"includes": ["**"], "excludes": ["docs/**"]}},
            "its filePaths match none of the changed files",
        ),
        (
            pushed(changed_files=[]),
            {"branches": MAIN, "filePaths": {"excludes": ["docs/**"]}},
            "its filePaths match none of the changed files",
        ),
        (
            pushed(changed_files=None),
            {"branches": MAIN, "filePaths": {"includes": ["**"]}},
            "its filePaths need the changed files, which are not known",
        ),
        (
            pushed(changed_files=["a"], is_new_branch=True),
            {"branches": MAIN, "filePaths": {"includes": ["**"]}},
            "a filter of filePaths does not start for a new branch",
        ),
        (pushed(is_new_branch=True), {"branches": MAIN}, ""),
        (
            pushed(changed_files=[*(f"docs/{n}" for n in range(100)), "src/a.py"]),
            {"branches": MAIN, "filePaths": {"includes": ["src/**"]}},
            "its filePaths match none of the changed files",
        ),
        (
            pushed(changed_files=[*(f"docs/{n}" for n in range(99)), "src/a.py"]),
            {"branches": MAIN, "filePaths": {"includes": ["src/**"]}},
            "",
        ),
        (pull(), {"branches": MAIN}, "its trigger has no pullRequest filter"),
    ],
)
def test_a_push_filter(change, filters, reason):
    judgement = judged(change, push(**filters))[0]
    assert judgement.starts is not bool(reason)
    assert judgement.why.startswith(reason or "push filter 1 matches")


@pytest.mark.parametrize(
    ("change", "filters", "reason"),
    [
        (pull(), {"branches": MAIN}, ""),
        (pull(into="other"), {"branches": MAIN}, "its branches do not match other"),
        (pull(), {"branches": {"includes": ["feature/**"]}}, "its branches do not match main"),
        (pull(), {"branches": MAIN, "events": ["CLOSED"]}, "its events do not include OPEN"),
        (pull(PullRequestEvent.CLOSED), {"branches": MAIN, "events": ["OPEN", "CLOSED"]}, ""),
        (pull(PullRequestEvent.UPDATED), {"branches": MAIN, "events": ["UPDATED"]}, ""),
        (
            pull(changed_files=["docs/a"]),
            {"branches": MAIN, "filePaths": {"includes": ["src/**"]}},
            "its filePaths match none of the changed files",
        ),
        (
            pull(changed_files=["src/a"]),
            {"branches": MAIN, "filePaths": {"includes": ["src/**"]}},
            "",
        ),
        (pushed(), {"branches": MAIN}, "its trigger has no push filter"),
    ],
)
def test_a_pull_request_filter(change, filters, reason):
    judgement = judged(change, trigger(pullRequest=[filters]))[0]
    assert judgement.starts is not bool(reason)
    assert judgement.why.startswith(reason or "pullRequest filter 1 matches")


def test_any_filter_of_a_trigger_is_enough():
    either = trigger(
        push=[{"branches": MAIN}, {"tags": {"includes": ["v*"]}}],
        pullRequest=[{"branches": {"includes": ["next"]}}],
    )
    assert why(tagged("v1"), either) == "push filter 2 matches"
    assert started(pushed(), either) == started(pull(into="next"), either) == ["Connected"]
    assert why(pushed("other"), either) == (
        "its branches do not match other; the filter is not for branches"
    )


def test_a_trigger_turns_off_what_the_other_sources_detect():
    assert why(pushed(), push("Other", branches=MAIN)) == (
        "the pipeline has triggers, but none for this action"
    )


@pytest.mark.parametrize(
    ("change", "detect", "reason"),
    [
        (pushed(), None, ""),
        (pushed(), "true", ""),
        (pushed(), "false", "DetectChanges is false"),
        (pushed("other"), None, "its BranchName is main"),
        (tagged("main"), None, "without triggers, tags start nothing"),
        (pull(), None, "without triggers, pull requests start nothing"),
    ],
)
def test_without_triggers_a_source_watches_its_own_branch(change, detect, reason):
    source = connection()
    if detect:
        source["configuration"]["DetectChanges"] = detect
    plan = planned(definition(stages=[stage("Source", source), stage("Ask", approval())]))
    [judgement] = verdicts(change, connected_actions(plan.first.actions, REPOSITORY), [])
    assert judgement.starts is not bool(reason)
    assert judgement.why == (reason or "BranchName is main")


@pytest.mark.parametrize(
    ("repository", "found"),
    [
        (REPOSITORY, ["Connected"]),
        (Repository(connection_arn=ARN, full_id="Examples/website"), []),
        (Repository(connection_arn=f"{ARN}0", full_id="examples/website"), []),
    ],
)
def test_a_source_watches_one_repository_through_one_connection(repository, found):
    sources = planned(quiet()).first.actions
    assert [each.name for each in connected_actions(sources, repository)] == found


def test_the_same_change_told_twice_has_the_same_revision():
    assert pushed(changed_files=["a"]).revision == pushed(is_new_branch=True).revision
    different = {
        pushed().revision,
        pushed("other").revision,
        tagged("main").revision,
        *(pull(event).revision for event in PullRequestEvent),
        pull(number="7").revision,
    }
    assert len(different) == 7


NAMES = st.text(alphabet="ab/", min_size=1, max_size=4)
PATTERNS = st.lists(st.text(alphabet="ab/*?", min_size=1, max_size=4), min_size=1, max_size=3)


@given(name=NAMES, includes=PATTERNS, excludes=PATTERNS)
def test_excludes_win_over_includes(name, includes, excludes):
    both = {"includes": includes, "excludes": excludes}
    assert selects(both, name) == (
        selects({"includes": includes}, name) and selects({"excludes": excludes}, name)
    )


@given(name=NAMES, patterns=PATTERNS)
def test_what_excludes_leave_is_what_includes_do_not_take(name, patterns):
    assert selects({"includes": patterns}, name) is not selects({"excludes": patterns}, name)


@given(name=NAMES, patterns=PATTERNS)
def test_more_filters_never_start_less(name, patterns):
    change = pushed(name)
    one, two = {"branches": {"includes": patterns}}, {"branches": MAIN}
    alone, together = trigger(push=[one]), trigger(push=[two, one])
    assert not started(change, alone) or started(change, together)
