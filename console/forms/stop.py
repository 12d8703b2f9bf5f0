"""The form of the page Stop execution."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from console.forms.text import Writing
from pipelines.core.refusals import MovedOn, Refusal
from pipelines.core.statuses import StopMode
from pipelines.executions import REASON_LIMIT

SHOW_FIRST = (
    "The preview now shows what stopping this execution does. Choose Stop once more to stop it."
)
MODES = {StopMode.WAIT: "Stop and wait", StopMode.ABANDON: "Stop and abandon"}


class StopForm(forms.Form):
    """Which execution is stopped, how and why, and what its person was shown."""

    execution = forms.UUIDField(
        error_messages={
            "required": "Choose the execution you want to stop.",
            "invalid": "This is not the id of an execution.",
        }
    )
    mode = forms.ChoiceField(
        choices=[(mode.value, label) for mode, label in MODES.items()],
        error_messages={
            "required": "Choose Stop and wait or Stop and abandon.",
            "invalid_choice": "Choose Stop and wait or Stop and abandon.",
        },
    )
    reason = Writing(
        label="Comments",
        required=False,
        max_length=REASON_LIMIT,
        help_text="Shown with the execution status on the history page.",
    )
    hold = forms.BooleanField(required=False)
    seen = forms.CharField(required=False, max_length=64)
    previewed = forms.CharField(required=False, max_length=64)

    def clean_mode(self) -> StopMode:
        return StopMode(self.cleaned_data["mode"])

    def clean_reason(self) -> str | None:
        """None given is not the same as nothing: AWS leaves it out then."""
        return self.cleaned_data["reason"] or None

    def clean(self) -> dict[str, Any]:
        """Nobody stops what he was not shown: without JavaScript, a choice changes no preview."""
        given = self.cleaned_data
        was_shown = given.get("seen") and given.get("previewed") == str(given.get("execution"))
        if "execution" in given and not was_shown:
            raise ValidationError(SHOW_FIRST, code="not_shown")
        return given

    def refuse(self, refusal: Refusal) -> None:
        self.add_error(None, ValidationError(refusal.message, code=type(refusal).__name__))

    @property
    def asks_again(self) -> bool:
        """Whether nothing is wrong but that the person has to look once more."""
        return self.has_error(NON_FIELD_ERRORS, MovedOn.__name__) or self.has_error(
            NON_FIELD_ERRORS, "not_shown"
        )
