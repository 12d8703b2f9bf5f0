"""The forms that create, edit and delete pipelines, by the JSON that the `aws` command takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.validate import ParamValidator
from django import forms

from console.forms.text import Writing
from pipelines import definitions
from pipelines.api import model, validation
from pipelines.api.protocols import AWS_JSON
from pipelines.api.refusals import NotReadable
from pipelines.core.structure_refusals import InvalidValue

if TYPE_CHECKING:
    from pipelines.models import Pipeline

# Characters: a form may have 1 MiB, and this many when each of them is escaped.
TEXT_LIMIT = 300_000
CONFIRMATION = "delete"


class DefinitionForm(forms.Form):
    """The input of CreatePipeline, or only its `pipeline`, as JSON."""

    operation: ClassVar[str] = "CreatePipeline"

    definition = Writing(label="Pipeline definition", max_length=TEXT_LIMIT, rows=26)

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["definition"].widget.attrs |= {"class": "cs-mono", "spellcheck": "false"}

    def add_error(self, field: str | None, error: Any) -> None:
        """What is wrong is wrong with the definition: it is said beside it."""
        super().add_error(field or "definition", error)

    def clean_definition(self) -> dict[str, Any]:
        """The members of the operation's input, checked as the API checks them."""
        try:
            given = AWS_JSON.decode(self.cleaned_data["definition"].encode())
            if isinstance(given, dict) and "pipeline" not in given:
                given = {"pipeline": given}
            said = validation.input_of(self.operation, given)
        except NotReadable as refusal:
            raise forms.ValidationError(refusal.message.replace("The body", "The text")) from None
        except InvalidValue as refusal:
            wrong = [*refusal.problems, *_unknown_members(self.operation, given)]
            raise forms.ValidationError(wrong) from None
        if unknown := _unknown_members(self.operation, given):
            raise forms.ValidationError(unknown)
        return said

    @property
    def problems(self) -> list[str]:
        """All that is wrong, with the hidden fields, too."""
        return [str(problem) for of_field in self.errors.values() for problem in of_field]


class EditForm(DefinitionForm):
    """The same of UpdatePipeline, and the version that was edited."""

    operation = "UpdatePipeline"

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, pipeline: Pipeline) -> None:
        self._name = pipeline.name
        text = text_of(definitions.current(pipeline))
        super().__init__(data, initial={"definition": text, "version": pipeline.version})

    def clean_definition(self) -> dict[str, Any]:
        said = super().clean_definition()
        if said["pipeline"]["name"] != self._name:
            raise forms.ValidationError(
                f"The name of a pipeline cannot be changed: it has to stay '{self._name}'."
            )
        return said


class DeleteForm(forms.Form):
    """The word that AWS asks for."""

    confirmation = forms.CharField(
        label=f"To confirm deletion, type {CONFIRMATION} in the field",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": CONFIRMATION}),
    )

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"]
        if typed != CONFIRMATION:
            raise forms.ValidationError(f"Type {CONFIRMATION} to delete the pipeline.")
        return typed


def text_of(definition: dict[str, Any]) -> str:
    """The definition as JSON, its members in AWS's order: a database may have lost it."""
    ordered = validation.input_of("UpdatePipeline", {"pipeline": definition})
    return json.dumps(ordered, indent=2, ensure_ascii=False)


def _unknown_members(operation: str, given: object) -> list[str]:
    """In the words of the `aws` command; the API takes them and drops them, as AWS's does.

    Whoever writes by hand wants to know of a name that is misspelled.
    """
    shape = model.service().operation_model(operation).input_shape
    report = ParamValidator().validate(given, shape).generate_report()
    return [line for line in report.splitlines() if line.startswith("Unknown parameter")]
