"""The form that creates and edits build projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from console.forms.text import Writing
from pipelines import projects
from pipelines.providers.codebuild_buildspec import is_inline

if TYPE_CHECKING:
    from pipelines.models import BuildProject

MINUTES = projects.TIMEOUT_MINUTES


class ProjectForm(forms.Form):
    """What is said of a project; whether it may be said, the use case knows."""

    name = forms.CharField(
        label="Project name",
        max_length=150,
        help_text="Actions name it as ProjectName. Letters, digits, - and _; it cannot be changed.",
    )
    description = forms.CharField(required=False, max_length=projects.DESCRIPTION_LIMIT)
    buildspec = Writing(
        required=False,
        max_length=projects.BUILDSPEC_LIMIT,
        rows=8,
        help_text="Leave it empty to use buildspec.yml of the source. Otherwise another path in the"
        " source, or the whole buildspec.",
    )
    environment_variables = Writing(
        label="Environment variables",
        required=False,
        max_length=projects.BUILDSPEC_LIMIT,
        help_text="One a line, as NAME=value. They override those of the buildspec, and are"
        " overridden by those of the action. Everybody who may see projects sees them.",
    )
    timeout_minutes = forms.IntegerField(
        label="Timeout",
        min_value=MINUTES.start,
        max_value=MINUTES.stop - 1,
        initial=projects.DEFAULT_TIMEOUT_MINUTES,
        help_text=f"Minutes after which a build is ended, from {MINUTES.start} to"
        f" {MINUTES.stop - 1}.",
    )
    image = forms.CharField(
        label="Environment image",
        required=False,
        max_length=projects.IMAGE_LIMIT,
        help_text="Only a name: builds run on this machine, and find it in CODEBUILD_BUILD_IMAGE.",
    )

    def __init__(self, data: Any = None, *, project: BuildProject | None = None) -> None:
        super().__init__(data, initial=_initial(project) if project else None)
        if project:
            del self.fields["name"]

    def clean_environment_variables(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            _variable(line)
            for line in self.cleaned_data["environment_variables"].split("\n")
            if line.strip()
        )

    @property
    def said(self) -> projects.Settings:
        asked = self.cleaned_data
        text = asked["buildspec"]
        return projects.Settings(
            description=asked["description"],
            buildspec=text if is_inline(text) else text.strip(),
            environment_variables=asked["environment_variables"],
            image=asked["image"],
            timeout_minutes=asked["timeout_minutes"],
        )


def _variable(line: str) -> tuple[str, str]:
    name, separator, value = line.partition("=")
    if not separator:
        raise forms.ValidationError(f"“{line[:100]}” is not of the form NAME=value.")
    return name.strip(), value


def _initial(project: BuildProject) -> dict[str, Any]:
    variables = project.environment.items()
    return {
        "description": project.description,
        "buildspec": project.buildspec,
        "environment_variables": "\n".join(f"{name}={value}" for name, value in variables),
        "timeout_minutes": project.timeout_minutes,
        "image": project.image,
    }
