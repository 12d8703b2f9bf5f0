"""The form of the dialog Retry."""

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
