"""What a person writes, kept as it was written."""

from __future__ import annotations

from typing import Any

from django import forms

TOO_LONG = "At most %(limit_value)d characters are allowed; these are %(show_value)d."


class Writing(forms.CharField):
    """Several lines, none of them trimmed; a line ends in LF, and its end counts as one character.

    The widget counts in the page as the server does (static/js/console.js).
    """

    def __init__(self, *, max_length: int, rows: int = 3, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "data-count": max_length})
        super().__init__(max_length=max_length, strip=False, widget=widget, **options)
        self.error_messages["max_length"] = TOO_LONG

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")
