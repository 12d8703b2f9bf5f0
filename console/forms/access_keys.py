"""The forms of the page Access keys."""

from __future__ import annotations

from django import forms

from pipelines import access_keys


class CreateKeyForm(forms.Form):
    """What the key is for; its id is decided beforehand, so that a reload makes no second key."""

    access_key_id = forms.RegexField(
        r"\AAKIA[A-Z2-7]{16}\Z", widget=forms.HiddenInput, initial=access_keys.new_id
    )
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=access_keys.DESCRIPTION_LIMIT,
        help_text="What it is for, and where its secret is kept.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class Confirmation(forms.Form):
    """Nothing is asked but yes."""
