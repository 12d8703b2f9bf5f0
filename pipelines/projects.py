"""What one can do with build projects: create, change, delete and list them.

After the operations of the same names of CodeBuild, in AWS's words and within AWS's limits
(https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines.core.arns import build_project_arn
from pipelines.core.refusals import BuildProjectNameInUse, BuildProjectNotFound, InvalidRequest
from pipelines.core.rights import (
    CREATE_PROJECT,
    DELETE_PROJECT,
    LIST_PROJECTS,
    UPDATE_PROJECT,
)
from pipelines.models import BuildProject
from pipelines.providers.codebuild_buildspec import (
    VARIABLE_NAME,
    BuildspecError,
    is_inline,
    parse,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pipelines.core.rights import Caller

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-_]{1,149}", re.ASCII)
TIMEOUT_MINUTES = range(5, 2161)
DEFAULT_TIMEOUT_MINUTES = 60
DESCRIPTION_LIMIT, IMAGE_LIMIT = 255, 255
BUILDSPEC_LIMIT = 64 * 1024  # characters
VARIABLES_LIMIT = 100
VALUE_LIMIT = 32 * 1024  # characters of one variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What may be said of a project beside its name."""

    description: str = ""
    buildspec: str = ""
    environment_variables: tuple[tuple[str, str], ...] = ()  # names and values, in order
    image: str = ""
    timeout_minutes: int = DEFAULT_TIMEOUT_MINUTES


def arn_of(name: str) -> str:
    """The ARN of a project of that name, whether there is one or not."""
    return build_project_arn(
        region=settings.PENSTOCK_REGION, account_id=settings.PENSTOCK_ACCOUNT_ID, name=name
    )


def find(name: str) -> BuildProject:
    """Raises BuildProjectNotFound."""
    named = BuildProject.objects.filter(name=name)
    project = named.first() if NAME.fullmatch(name) else None
    if project is None:
        raise BuildProjectNotFound(f"Project cannot be found: {arn_of(name)}")
    return project


def listed(*, by: Caller) -> QuerySet[BuildProject]:
    """All of them, by name.  Raises AccessDenied."""
    by.check(LIST_PROJECTS)
    return BuildProject.objects.order_by("name")


def create(name: str, said: Settings, *, by: Caller) -> BuildProject:
    """Raises AccessDenied, InvalidRequest and BuildProjectNameInUse."""
    by.check(CREATE_PROJECT, on=arn_of(name))
    if not NAME.fullmatch(name):
        raise InvalidRequest(
            f"Invalid project name: {name!r}. Two to 150 letters, digits, - and _ are allowed, the"
            " first a letter or a digit."
        )
    project = BuildProject(name=name, **_checked(said), updated_by=by.arn)
    try:
        with transaction.atomic():
            project.save(force_insert=True)
    except IntegrityError as taken:
        raise BuildProjectNameInUse(f"Project already exists: {arn_of(name)}") from taken
    return project


def update(name: str, said: Settings, *, by: Caller) -> BuildProject:
    """Builds that run already are not changed.

    Raises AccessDenied, BuildProjectNotFound and InvalidRequest.
    """
    by.check(UPDATE_PROJECT, on=arn_of(name))
    project = find(name)
    columns = {**_checked(said), "updated_at": timezone.now(), "updated_by": by.arn}
    for column, value in columns.items():
        setattr(project, column, value)
    project.save(update_fields=columns)
    return project


def delete(name: str, *, by: Caller) -> None:
    """Actions that name it fail from now on.  Raises AccessDenied and BuildProjectNotFound."""
    by.check(DELETE_PROJECT, on=arn_of(name))
    find(name).delete()


def _checked(said: Settings) -> dict[str, object]:
    """The columns; raises InvalidRequest with the first thing that is wrong."""
    for label, text, limit in (
        ("description", said.description, DESCRIPTION_LIMIT),
        ("environment image", said.image, IMAGE_LIMIT),
        ("buildspec", said.buildspec, BUILDSPEC_LIMIT),
    ):
        _check_text(label, text, limit)
    _check_buildspec(said.buildspec)
    _check_variables(said.environment_variables)
    if said.timeout_minutes not in TIMEOUT_MINUTES:
        raise InvalidRequest(
            f"Invalid timeout: {said.timeout_minutes} minutes. From {TIMEOUT_MINUTES.start} to"
            f" {TIMEOUT_MINUTES.stop - 1} are allowed."
        )
    return {
        "description": said.description,
        "buildspec": said.buildspec,
        "environment_variables": [
            {"name": name, "value": value} for name, value in said.environment_variables
        ],
        "image": said.image,
        "timeout_minutes": said.timeout_minutes,
    }


def _check_text(label: str, text: str, limit: int) -> None:
    """A database may refuse what a JSON document or a form can carry."""
    if len(text) > limit:
        raise InvalidRequest(f"Invalid {label}: at most {limit} characters are allowed.")
    if "\0" in text or (not text.isascii() and _has_surrogates(text)):
        raise InvalidRequest(f"Invalid {label}: it has characters that are no text.")


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _check_buildspec(text: str) -> None:
    if is_inline(text):
        try:
            parse(text.encode())
        except BuildspecError as wrong:
            raise InvalidRequest(f"Invalid buildspec: {wrong}") from wrong
    elif text.startswith("arn:"):
        raise InvalidRequest("Invalid buildspec: one in an S3 bucket cannot be used here.")
    elif text.startswith("/") or ".." in PurePosixPath(text).parts:
        raise InvalidRequest("Invalid buildspec: the path has to be one inside the source.")


def _check_variables(variables: tuple[tuple[str, str], ...]) -> None:
    if len(variables) > VARIABLES_LIMIT:
        raise InvalidRequest(
            f"Invalid environment variables: at most {VARIABLES_LIMIT} are allowed."
        )
    seen: set[str] = set()
    for name, value in variables:
        if not VARIABLE_NAME.fullmatch(name):
            raise InvalidRequest(
                f"Invalid environment variable: {name[:100]!r} cannot be a name; letters, digits"
                " and _ are allowed."
            )
        if name in seen:
            raise InvalidRequest(f"Invalid environment variable: {name} is there twice.")
        if "\n" in value or "\r" in value:
            raise InvalidRequest(f"Invalid environment variable: {name} has more than one line.")
        _check_text(f"environment variable {name}", value, VALUE_LIMIT)
        seen.add(name)
