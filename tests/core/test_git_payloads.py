"""What git hosts post: the payloads of three of them, what they mean, and what is no payload."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.git_payloads import NotUnderstood, read
from pipelines.core.triggers import PullRequest, PullRequestEvent, Push
from tests.git_payloads import (
    BEFORE,
    NOTHING,
    SHA,
    bitbucket_pull,
    bitbucket_push,
    github_pull,
    github_push,
    gitlab_merge,
    gitlab_push,
)

PUSH = Push(commit=SHA, branch="main", changed_files=("new.py", "old.py", "README.md"))
PULL = PullRequest(
    commit=SHA,
    event=PullRequestEvent.OPEN,
    source_branch="fix",
    target_branch="main",
    number="7",
)
HOSTS: dict[str, tuple[dict[str, str], Callable[..., Any]]] = {
    "github push": ({"x-github-event": "push"}, github_push),
    "gitlab push": ({"x-gitlab-event": "Push Hook"}, gitlab_push),
    "bitbucket push": ({"x-event-key": "repo:push"}, bitbucket_push),
    "github pull": ({"x-github-event": "pull_request"}, github_pull),
    "gitlab merge": ({"x-gitlab-event": "Merge Request Hook"}, gitlab_merge),
    "bitbucket pull": ({"x-event-key": "pullrequest:created"}, bitbucket_pull),
}


def told(host, **changes):
    headers, build = HOSTS[host]
    return read(headers, build(**changes))


@pytest.mark.parametrize("host", ["github push", "gitlab push"])
def test_a_push_of_a_branch(host):
    found = told(host)
    assert found.repository == "examples/website"
    assert found.changes == (PUSH,)
    assert found.about["commit-message"] == "Say hello"
    assert found.about["author-display-name"] == "Ann"
    assert found.about["author-email"] == "ann@example.com"
    assert found.about["author-date"] == "2026-11-25T09:00:00Z"


def test_bitbucket_tells_of_several_refs_and_of_no_files():
    found = told("bitbucket push")
    assert found.repository == "examples/website"
    assert found.changes == (
        Push(commit=SHA, branch="main"),
        Push(commit=BEFORE, branch="new", is_new_branch=True),
        Push(commit=SHA, tag="v1"),
    )
    assert found.about["provider-type"] == "Bitbucket"


@pytest.mark.parametrize("host", ["github push", "gitlab push"])
def test_a_new_branch_is_said_to_be_new(host):
    [push] = told(host, before=NOTHING).changes
    assert isinstance(push, Push)
    assert push.is_new_branch


def test_an_annotated_tag_is_the_commit_that_it_is_on():
    tag = "1111111111111111111111111111111111111111"
    [github] = told("github push", ref="refs/tags/v1", after=tag).changes
    headers = {"x-gitlab-event": "Tag Push Hook"}
    [gitlab] = read(headers, gitlab_push(ref="refs/tags/v1", after=tag)).changes
    for push in (github, gitlab):
        assert isinstance(push, Push)
        assert (push.tag, push.branch, push.commit) == ("v1", "", SHA)


def test_what_was_deleted_starts_nothing():
    assert told("github push", after=NOTHING, deleted=True).why == "main was deleted"
    assert told("gitlab push", after=NOTHING, checkout_sha=None).why == "main was deleted"
    gone: dict[str, Any] = {"push": {"changes": [{"new": None, "old": {}}]}}
    assert told("bitbucket push", **gone).why == "Branches or tags were deleted"


@pytest.mark.parametrize("host", ["github pull", "gitlab merge", "bitbucket pull"])
def test_a_pull_request_that_is_opened(host):
    assert told(host).changes == (PULL,)


@pytest.mark.parametrize(
    ("host", "changes", "event"),
    [
        ("github pull", {"action": "reopened"}, PullRequestEvent.OPEN),
        ("github pull", {"action": "synchronize"}, PullRequestEvent.UPDATED),
        ("github pull", {"action": "closed", "merged": True}, PullRequestEvent.CLOSED),
        ("github pull", {"action": "closed"}, None),
        ("github pull", {"action": "labeled"}, None),
        ("gitlab merge", {"action": "reopen"}, PullRequestEvent.OPEN),
        ("gitlab merge", {"action": "update", "oldrev": BEFORE}, PullRequestEvent.UPDATED),
        ("gitlab merge", {"action": "merge"}, PullRequestEvent.CLOSED),
        ("gitlab merge", {"action": "update"}, None),
        ("gitlab merge", {"action": "close"}, None),
        ("gitlab merge", {"action": ["open"]}, None),
    ],
)
def test_what_becomes_of_a_pull_request(host, changes, event):
    found = told(host, **changes)
    if event is None:
        assert found.changes == ()
        assert "starts nothing" in found.why
    else:
        [change] = found.changes
        assert isinstance(change, PullRequest)
        assert change.event is event


@pytest.mark.parametrize(
    ("key", "event"),
    [
        ("pullrequest:updated", PullRequestEvent.UPDATED),
        ("pullrequest:fulfilled", PullRequestEvent.CLOSED),
    ],
)
def test_bitbucket_says_in_the_header_what_becomes_of_it(key, event):
    [change] = read({"x-event-key": key}, bitbucket_pull()).changes
    assert isinstance(change, PullRequest)
    assert change.event is event


@pytest.mark.parametrize("host", ["github pull", "gitlab merge", "bitbucket pull"])
def test_the_code_of_a_fork_is_not_run(host):
    found = told(host, fork=True)
    assert found.changes == ()
    assert found.why == "It comes from a fork, whose commits are not run"


def test_other_events_start_nothing_and_unknown_hosts_are_refused():
    assert read({"x-github-event": "issues"}, {}).why == "The event issues starts nothing"
    with pytest.raises(NotUnderstood, match="No git host that is known here sends this"):
        read({"x-other": "push"}, {})


def test_refs_that_are_neither_branch_nor_tag_are_refused():
    with pytest.raises(NotUnderstood, match="is neither a branch nor a tag"):
        told("github push", ref="refs/notes/x")


@pytest.mark.parametrize("host", ["github push", "gitlab push"])
def test_a_commit_that_is_none_is_refused(host):
    for wrong in ("; rm -rf /", "HEAD", "ABC", 7):
        with pytest.raises(NotUnderstood):
            told(host, after=wrong, checkout_sha=wrong)


def test_only_so_many_files_are_read():
    commits = [{"added": [f"{n}" for n in range(5000)], "modified": 7, "removed": [None]}]
    [push] = told("github push", commits=commits).changes
    assert len(push.changed_files or ()) == 1000


def paths(value, before=()):
    """The way to every part of a payload."""
    yield before
    entries = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, each in entries:
        yield from paths(each, (*before, name))


@given(st.data())
def test_a_payload_with_anything_anywhere_is_read_or_refused(data):
    headers, build = HOSTS[data.draw(st.sampled_from(sorted(HOSTS)))]
    payload = deepcopy(build())
    odd = st.sampled_from([None, [], {}, "", "x", "\0", "\ud800", 7, True, [None], {"a": 1}])
    way = data.draw(st.sampled_from(sorted(paths(payload), key=repr)))
    value = data.draw(odd)
    if not way:
        payload = value
    else:
        inside = payload
        for name in way[:-1]:
            inside = inside[name]
        inside[way[-1]] = value
    try:
        found = read(headers, payload)
    except NotUnderstood:
        return
    for change in found.changes:
        assert change.revision.encode()
        assert "\0" not in change.revision
