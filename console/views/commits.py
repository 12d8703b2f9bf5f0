"""The page of one commit of a CodeCommit repository: where the links of its source actions lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.present.commit import body_of, changes_view
from pipelines import git, places
from pipelines.providers.source_codecommit import REPOSITORY_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import HttpRequest, HttpResponse


@require_safe
def details(request: HttpRequest, repository: str, commit_id: str) -> HttpResponse:
    try:
        folder = _folder(repository)
        commit = git.commit(folder, commit_id)
        context = {
            "repository": repository,
            "commit": commit,
            "body": body_of(commit),
            "branches": git.branches_with(folder, commit.id),
            "changes": changes_view(git.changes(folder, commit.id)),
        }
    except git.RepositoryNotFound:
        return _not_found(request, f"There is no repository {repository}.")
    except git.CommitNotFound:
        return _not_found(request, f"Repository {repository} has no commit {commit_id}.")
    return render(request, "commits/details.html", context)


def _folder(repository: str) -> Path:
    """Where the repository would be; a name that could lead elsewhere is no repository's."""
    if not REPOSITORY_NAME.fullmatch(repository) or repository.startswith((".", "-")):
        raise git.RepositoryNotFound
    return places.repositories() / f"{repository}.git"


def _not_found(request: HttpRequest, reason: str) -> HttpResponse:
    return render(request, "commits/not_found.html", {"reason": reason}, status=404)
