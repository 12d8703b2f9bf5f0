"""The forms of the dialogs Retry, Start rollback and Override."""

from __future__ import annotations

from django import forms

from pipelines.core.statuses import RetryMode

MODES = {
    RetryMode.FAILED_ACTIONS: "Retry failed actions",
    RetryMode.ALL_ACTIONS: "Retry stage",
}


class RetryForm(forms.Form):
    """Whose stay in the stage is resumed, and which of its actions run again."""

    execution = forms.UUIDField(widget=forms.HiddenInput)
    mode = forms.ChoiceField(choices=[(mode.value, label) for mode, label in MODES.items()])

    def clean_mode(self) -> RetryMode:
        return RetryMode(self.cleaned_data["mode"])


class RollbackForm(forms.Form):
    """Which execution is brought back."""

    target = forms.UUIDField(
        error_messages={"required": "Choose an execution.", "invalid": "Choose an execution."}
    )


class OverrideForm(forms.Form):
    """Whose condition is overridden."""

    execution = forms.UUIDField(widget=forms.HiddenInput)
