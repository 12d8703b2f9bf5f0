"""The form that creates and edits event targets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms

from console.forms.text import Writing
from pipelines import event_targets
from pipelines.core.event_patterns import LIMIT
from pipelines.posting import URL_LIMIT

if TYPE_CHECKING:
    from pipelines.models import EventTarget


class EventTargetForm(forms.Form):
    """What is said of a target; whether it may be said, the use case knows."""

    name = forms.CharField(
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Letters, digits, full stops, - and _; it cannot be changed.",
    )
    url = forms.CharField(
        label="Address",
        max_length=URL_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url"}),
        help_text="Events are sent there by POST, as Amazon EventBridge writes them.",
    )
    pattern = Writing(
        label="Event pattern",
        required=False,
        max_length=LIMIT,
        rows=6,
        help_text="Which events, as EventBridge has it. Empty: all of them. For example"
        ' {"detail": {"state": ["FAILED"]}}.',
    )
    secret = forms.CharField(
        required=False,
        max_length=event_targets.SECRET_LIMIT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Signs what is sent: the header X-Penstock-Signature-256 has the HMAC of the"
        " body with it.",
    )
    without_secret = forms.BooleanField(label="Forget the secret, and sign nothing", required=False)
    is_enabled = forms.BooleanField(label="Send events", required=False, initial=True)

    def __init__(self, data: Any = None, *, target: EventTarget | None = None) -> None:
        super().__init__(data, initial=_initial(target) if target else None)
        if target:
            del self.fields["name"]
        if not target or not target.sealed_secret:
            del self.fields["without_secret"]
        else:
            self.fields["secret"].help_text = "There is one. Leave this empty to keep it."

    def clean_pattern(self) -> Any:
        text = self.cleaned_data["pattern"]
        try:
            return json.loads(text) if text.strip() else {}
        except (ValueError, RecursionError):
            raise forms.ValidationError("It is not JSON.") from None

    @property
    def said(self) -> event_targets.Settings:
        asked = self.cleaned_data
        keeps = "name" not in self.fields and not asked["secret"]
        forgets = asked.get("without_secret", False)
        return event_targets.Settings(
            url=asked["url"],
            pattern=asked["pattern"],
            secret="" if forgets else None if keeps else asked["secret"],
            is_enabled=asked["is_enabled"],
        )


def _initial(target: EventTarget) -> dict[str, Any]:
    return {
        "url": target.url,
        "pattern": json.dumps(target.pattern, indent=2) if target.pattern else "",
        "is_enabled": target.is_enabled,
    }
