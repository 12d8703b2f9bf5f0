"""The form of the dialog Review."""

from __future__ import annotations

from django import forms

from console.forms.text import Writing
from pipelines.approvals import SUMMARY_LIMIT, ApprovalStatus


class ReviewForm(forms.Form):
    """An answer to one approval: the token says to which, however long the page stays open."""

    token = forms.CharField(widget=forms.HiddenInput)
    status = forms.ChoiceField(
        label="Decision",
        choices=[(status.value, status.value) for status in ApprovalStatus],
        error_messages={"required": "Choose whether you approve or reject."},
    )
    summary = Writing(label="Comments", required=False, max_length=SUMMARY_LIMIT)

    def clean_status(self) -> ApprovalStatus:
        return ApprovalStatus(self.cleaned_data["status"])
