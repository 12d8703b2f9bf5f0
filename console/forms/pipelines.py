"""The forms of the dialogs Release change and Edit: Pipeline properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms

from pipelines import definitions
from pipelines.core.source_overrides import (
    REVISION_LIMIT,
    RevisionType,
    SourceOverride,
    revision_types,
    source_actions,
)
from pipelines.core.statuses import ExecutionMode
from pipelines.core.variables import NO_DEFAULT

if TYPE_CHECKING:
    from pipelines.models import Pipeline

VALUE_LIMIT = 1000  # characters of a pipeline variable's value
PREFIX = "variable-"
REVISIONS = {
    RevisionType.COMMIT_ID: "commit ID",
    RevisionType.IMAGE_DIGEST: "image digest",
    RevisionType.S3_OBJECT_VERSION_ID: "S3 object version ID",
    RevisionType.S3_OBJECT_KEY: "S3 object key",
}


TYPES = ("V1", "V2")
MODES = {
    ExecutionMode.SUPERSEDED: "Superseded",
    ExecutionMode.QUEUED: "Queued (Pipeline type V2 required)",
    ExecutionMode.PARALLEL: "Parallel (Pipeline type V2 required)",
}
SAYS = {
    ExecutionMode.SUPERSEDED: "A more recent execution can overtake an older one that waits.",
    ExecutionMode.QUEUED: "Executions are processed one by one in the order that they are queued.",
    ExecutionMode.PARALLEL: "Executions run at the same time and do not wait for one another.",
}


class PropertiesForm(forms.Form):
    """What a pipeline is; what does not go together is refused by the rules of definitions."""

    pipeline_type = forms.ChoiceField(
        label="Pipeline type", choices=[(each, each) for each in TYPES]
    )
    execution_mode = forms.ChoiceField(
        label="Execution mode", choices=[(mode.value, label) for mode, label in MODES.items()]
    )

    def clean(self) -> dict[str, Any]:
        if not self.has_changed():
            raise forms.ValidationError("Type and mode are what they were; nothing is to be saved.")
        return self.cleaned_data

    @property
    def modes(self) -> list[tuple[str, str, str]]:
        """Value, label and what it means."""
        return [(mode.value, label, SAYS[mode]) for mode, label in MODES.items()]


class ReleaseForm(forms.Form):
    """A value for each variable, a revision for each source if it is not to be the newest.

    The token makes a second click start nothing.
    """

    token = forms.CharField(max_length=128, widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, data: Any = None, *, pipeline: Pipeline) -> None:
        super().__init__(data)
        variables = pipeline.plan.variables
        descriptions = _descriptions(pipeline) if variables else {}
        self._names = list(variables)
        self._sources = _sources(pipeline)
        for name, default in variables.items():
            self.fields[PREFIX + name] = forms.CharField(
                label=name,
                required=default == NO_DEFAULT,
                max_length=VALUE_LIMIT,
                strip=False,
                help_text=_help(descriptions.get(name, ""), default),
            )

        for field, (action, kind) in self._sources.items():
            label = f"{action} ({REVISIONS[kind]})"
            self.fields[field] = forms.CharField(
                label=label, required=False, max_length=REVISION_LIMIT
            )

    @property
    def variable_fields(self) -> list[forms.BoundField]:
        return [self[PREFIX + name] for name in self._names]

    @property
    def values(self) -> dict[str, str]:
        """What was given; the defaults are not this form's to fill in."""
        given = {name: self.cleaned_data[PREFIX + name] for name in self._names}
        return {name: value for name, value in given.items() if value}

    @property
    def source_fields(self) -> list[forms.BoundField]:
        return [self[field] for field in self._sources]

    @property
    def is_overriding(self) -> bool:
        """Whether anything stands in the part of the sources, which is folded away otherwise."""
        return any(field.value() or field.errors for field in self.source_fields)

    @property
    def overrides(self) -> list[SourceOverride]:
        given = self.cleaned_data
        return [
            SourceOverride(*source, given[field])
            for field, source in self._sources.items()
            if given[field]
        ]


def _descriptions(pipeline: Pipeline) -> dict[str, str]:
    """What the definition says of its variables, by name."""
    variables = definitions.current(pipeline).get("variables", [])
    return {variable["name"]: variable.get("description", "") for variable in variables}


def _help(description: str, default: str) -> str:
    if default == NO_DEFAULT:
        return description
    left_empty = f"Left empty, it is: {default}"
    return f"{description} - {left_empty}" if description else left_empty


def _sources(pipeline: Pipeline) -> dict[str, tuple[str, RevisionType]]:
    """Field name -> source action and what may be asked of it; pipelines of type V1 have none."""
    if pipeline.pipeline_type != "V2":
        return {}
    return {
        f"source-{action.name}-{kind}": (action.name, kind)
        for action in source_actions(pipeline.plan)
        for kind in revision_types(action)
    }
