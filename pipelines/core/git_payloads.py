"""What git hosts post: pushes, tags and pull requests of GitHub, GitLab and Bitbucket, read alike.

Gitea and Forgejo write as GitHub does.  What is not understood is refused, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines.core.triggers import GitChange, PullRequest, PullRequestEvent, Push

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

BRANCH, TAG = "refs/heads/", "refs/tags/"
NAME_LIMIT = 1024  # characters of a ref or of a repository's name
FILES_KEPT = 1000
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_NOTHING = re.compile(r"0+")


class NotUnderstood(Exception):
    """The payload is not of the kind that its headers say; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a git host told of a repository; no changes: `why` says why it means nothing."""

    repository: str = ""
    changes: tuple[GitChange, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


def read(headers: Mapping[str, str], payload: Any) -> Told:
    """Read a payload by what its headers call it.  Raises NotUnderstood."""
    for header, readers in _READERS.items():
        if header in headers:
            event = headers[header]
            reader = readers.get(event)
            if reader is None:
                return Told(why=f"The event {event[:40]} starts nothing")
            return reader(payload)
    raise NotUnderstood(
        "No git host that is known here sends this: X-GitHub-Event, X-Gitlab-Event and X-Event-Key"
        " are missing."
    )


def _github_push(payload: Any) -> Told:
    repository, ref = _text(payload, "repository", "full_name"), _text(payload, "ref")
    after = _text(payload, "after")
    if _NOTHING.fullmatch(after) or payload.get("deleted") is True:
        return Told(repository=repository, why=f"{_short(ref)} was deleted")
    head = payload.get("head_commit")
    head = head if isinstance(head, dict) else {}
    # Of an annotated tag, `after` is the tag itself.
    commit = _commit(head.get("id") or after) if ref.startswith(TAG) else _commit(after)
    is_new = _NOTHING.fullmatch(_text(payload, "before")) is not None
    files = _files(payload.get("commits"))
    author = head.get("author")
    author = author if isinstance(author, dict) else {}
    about = {
        "author-display-name": author.get("name"),
        "author-email": author.get("email"),
        "author-id": author.get("username"),
        "author-date": head.get("timestamp"),
        "commit-message": head.get("message"),
    }
    return _told(repository, _push(ref, commit, files, is_new=is_new), about, "GitHub")


def _github_pull(payload: Any) -> Told:
    repository = _text(payload, "repository", "full_name")
    pull = _object(payload, "pull_request")
    events = {
        "opened": PullRequestEvent.OPEN,
        "reopened": PullRequestEvent.OPEN,
        "synchronize": PullRequestEvent.UPDATED,
    }
    action = _text(payload, "action")
    event = events.get(action)
    if action == "closed" and pull.get("merged") is True:
        event = PullRequestEvent.CLOSED
    if event is None:
        return Told(repository=repository, why=f"Of a pull request, {action[:40]} starts nothing")
    head = _object(pull, "head")
    source = head.get("repo")
    if not isinstance(source, dict) or source.get("full_name") != repository:
        return _from_fork(repository)
    user = pull.get("user")
    user = user if isinstance(user, dict) else {}
    change = PullRequest(
        commit=_commit(_text(head, "sha")),
        event=event,
        source_branch=_text(head, "ref"),
        target_branch=_text(pull, "base", "ref"),
        number=_number(pull, "number"),
    )
    return _told(repository, change, {"author-id": user.get("login")}, "GitHub")


def _gitlab_push(payload: Any) -> Told:
    repository, ref = _text(payload, "project", "path_with_namespace"), _text(payload, "ref")
    # Of an annotated tag, `after` is the tag itself.
    commit = payload.get("checkout_sha")
    if commit is None or _NOTHING.fullmatch(_text(payload, "after")):
        return Told(repository=repository, why=f"{_short(ref)} was deleted")
    is_new = _NOTHING.fullmatch(_text(payload, "before")) is not None
    commits = payload.get("commits")
    head = commits[-1] if isinstance(commits, list) and commits else {}
    head = head if isinstance(head, dict) else {}
    author = head.get("author")
    author = author if isinstance(author, dict) else {}
    about = {
        "author-display-name": author.get("name"),
        "author-email": author.get("email"),
        "author-id": payload.get("user_username"),
        "author-date": head.get("timestamp"),
        "commit-message": head.get("message"),
    }
    push = _push(ref, _commit(commit), _files(commits), is_new=is_new)
    return _told(repository, push, about, "GitLab")


def _gitlab_merge(payload: Any) -> Told:
    repository = _text(payload, "project", "path_with_namespace")
    merge = _object(payload, "object_attributes")
    events = {
        "open": PullRequestEvent.OPEN,
        "reopen": PullRequestEvent.OPEN,
        "merge": PullRequestEvent.CLOSED,
    }
    action = merge.get("action")
    event = events.get(action) if isinstance(action, str) else None
    if action == "update" and merge.get("oldrev"):
        event = PullRequestEvent.UPDATED
    if event is None:
        return Told(repository=repository, why=f"Of a merge request, {action!s:.40} starts nothing")
    if merge.get("source_project_id") != merge.get("target_project_id"):
        return _from_fork(repository)
    change = PullRequest(
        commit=_commit(_text(merge, "last_commit", "id")),
        event=event,
        source_branch=_text(merge, "source_branch"),
        target_branch=_text(merge, "target_branch"),
        number=_number(merge, "iid"),
    )
    user = payload.get("user")
    user = user if isinstance(user, dict) else {}
    return _told(repository, change, {"author-id": user.get("username")}, "GitLab")


def _bitbucket_push(payload: Any) -> Told:
    """Several branches and tags may be pushed at once; which files changed is not told."""
    repository = _text(payload, "repository", "full_name")
    changes = _object(payload, "push").get("changes")
    found: list[GitChange] = []
    about: dict[str, Any] = {}
    for each in changes if isinstance(changes, list) else []:
        new = each.get("new") if isinstance(each, dict) else None
        if not isinstance(new, dict):
            continue  # it was deleted
        target = _object(new, "target")
        prefix = TAG if new.get("type") == "tag" else BRANCH
        commit, is_new = _commit(_text(target, "hash")), not each.get("old")
        found.append(_push(prefix + _text(new, "name"), commit, None, is_new=is_new))
        author = target.get("author")
        about = {
            "author-display-name": author.get("raw") if isinstance(author, dict) else None,
            "author-date": target.get("date"),
            "commit-message": target.get("message"),
        }
    if not found:
        return Told(repository=repository, why="Branches or tags were deleted")
    return Told(repository=repository, changes=tuple(found), about=_about(about, "Bitbucket"))


def _bitbucket_pull(event: PullRequestEvent) -> Callable[[Any], Told]:
    def reader(payload: Any) -> Told:
        repository = _text(payload, "repository", "full_name")
        pull = _object(payload, "pullrequest")
        source = _object(pull, "source")
        if _text(source, "repository", "full_name") != repository:
            return _from_fork(repository)
        change = PullRequest(
            commit=_commit(_text(source, "commit", "hash")),
            event=event,
            source_branch=_text(source, "branch", "name"),
            target_branch=_text(pull, "destination", "branch", "name"),
            number=_number(pull, "id"),
        )
        return _told(repository, change, {}, "Bitbucket")

    return reader


_Readers = dict[str, "Callable[[Any], Told]"]
_READERS: dict[str, _Readers] = {
    "x-github-event": {"push": _github_push, "pull_request": _github_pull},
    "x-gitlab-event": {
        "Push Hook": _gitlab_push,
        "Tag Push Hook": _gitlab_push,
        "Merge Request Hook": _gitlab_merge,
    },
    "x-event-key": {
        "repo:push": _bitbucket_push,
        "pullrequest:created": _bitbucket_pull(PullRequestEvent.OPEN),
        "pullrequest:updated": _bitbucket_pull(PullRequestEvent.UPDATED),
        "pullrequest:fulfilled": _bitbucket_pull(PullRequestEvent.CLOSED),
    },
}


def _told(repository: str, change: GitChange, about: Mapping[str, Any], host: str) -> Told:
    return Told(repository=repository, changes=(change,), about=_about(about, host))


def _about(known: Mapping[str, Any], host: str) -> dict[str, str]:
    texts = {name: value for name, value in known.items() if isinstance(value, str) and value}
    return {**texts, "provider-type": host}


def _from_fork(repository: str) -> Told:
    """Whoever may fork a repository could run anything here."""
    return Told(repository=repository, why="It comes from a fork, whose commits are not run")


def _push(ref: str, commit: str, files: tuple[str, ...] | None, *, is_new: bool) -> Push:
    if ref.startswith(TAG):
        return Push(commit=commit, tag=ref.removeprefix(TAG), changed_files=files)
    if ref.startswith(BRANCH):
        name = ref.removeprefix(BRANCH)
        return Push(commit=commit, branch=name, changed_files=files, is_new_branch=is_new)
    raise NotUnderstood(f"{ref[:80]!r} is neither a branch nor a tag.")


def _files(commits: Any) -> tuple[str, ...] | None:
    """What the commits added, removed and modified, each once; None when they do not say."""
    if not isinstance(commits, list):
        return None
    found: dict[str, None] = {}
    for name in _named_in(commits):
        found[name] = None
        if len(found) == FILES_KEPT:
            break
    return tuple(found)


def _named_in(commits: Iterable[Any]) -> Iterable[str]:
    for commit in commits:
        for kind in ("added", "removed", "modified"):
            names = commit.get(kind) if isinstance(commit, dict) else None
            yield from (n for n in (names if isinstance(names, list) else []) if isinstance(n, str))


def _commit(text: Any) -> str:
    if not isinstance(text, str) or not _COMMIT.fullmatch(text):
        raise NotUnderstood("The id of the commit is not one.")
    return text


def _short(ref: str) -> str:
    return ref.removeprefix(BRANCH).removeprefix(TAG)[:80]


def _object(payload: Any, name: str) -> dict[str, Any]:
    found = payload.get(name) if isinstance(payload, dict) else None
    if not isinstance(found, dict):
        raise NotUnderstood(f"{name} is missing in it.")
    return found


def _text(payload: Any, *path: str) -> str:
    for name in path[:-1]:
        payload = _object(payload, name)
    found = payload.get(path[-1]) if isinstance(payload, dict) else None
    if not isinstance(found, str) or "\0" in found or len(found) > NAME_LIMIT:
        raise NotUnderstood(f"{'.'.join(path)} is missing in it.")
    return found.encode(errors="replace").decode()


def _number(payload: dict[str, Any], name: str) -> str:
    found = payload.get(name)
    return str(found) if isinstance(found, int) else ""
