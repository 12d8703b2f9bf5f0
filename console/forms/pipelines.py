"""The form of the dialog Release change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms

from pipelines.core.variables import NO_DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

VALUE_LIMIT = 1000  # characters of a pipeline variable's value
PREFIX = "variable-"


class ReleaseForm(forms.Form):
    """A value for each variable of the pipeline; the token makes a second click start nothing."""

    token = forms.CharField(max_length=128, widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, data: Any = None, *, variables: Mapping[str, str]) -> None:
        super().__init__(data)
        self._names = list(variables)
        for name, default in variables.items():
            self.fields[PREFIX + name] = forms.CharField(
                label=name,
                required=default == NO_DEFAULT,
                max_length=VALUE_LIMIT,
                strip=False,
                help_text="" if default == NO_DEFAULT else f"Left empty, it is: {default}",
            )

    @property
    def variable_fields(self) -> list[forms.BoundField]:
        return [self[PREFIX + name] for name in self._names]

    @property
    def values(self) -> dict[str, str]:
        """What was given; the defaults are not this form's to fill in."""
        given = {name: self.cleaned_data[PREFIX + name] for name in self._names}
        return {name: value for name, value in given.items() if value}
