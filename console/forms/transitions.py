"""The forms of the dialogs Disable transition and Enable transition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.validators import RegexValidator

from console.forms.text import Writing
from pipelines.core.statuses import TransitionType
from pipelines.transitions import REASON, REASON_LIMIT

if TYPE_CHECKING:
    from django.http import QueryDict


class DisableForm(forms.Form):
    """Why a transition is disabled, in the few characters that the API allows."""

    reason = Writing(
        label="Reason",
        max_length=REASON_LIMIT,
        validators=[
            RegexValidator(
                rf"\A{REASON.pattern}\Z",
                "Only the characters named above are allowed, on one line.",
            )
        ],
        help_text="Shown to everybody in front of the stage. Letters, digits, spaces and"
        " ! @ ( ) . * ? - are allowed, on one line.",
    )


class EnableForm(forms.Form):
    """Which side of the transition is enabled; the console itself disables inbound ones only."""

    side = forms.ChoiceField(
        choices=[(side.value, side.value) for side in TransitionType], widget=forms.HiddenInput
    )

    def clean_side(self) -> TransitionType:
        return TransitionType(self.cleaned_data["side"])


def side_of(query: QueryDict) -> TransitionType:
    """The side that an address names; inbound if it names none."""
    asked = query.get("side")
    return TransitionType.OUTBOUND if asked == TransitionType.OUTBOUND else TransitionType.INBOUND
