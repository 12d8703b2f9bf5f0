"""The forms of the page People."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator

from console.present.people import ROLES
from pipelines.core.rights import Role


class RolesField(forms.MultipleChoiceField):
    """Any of the roles, none included, in their order."""

    def __init__(self) -> None:
        super().__init__(
            label="Roles",
            required=False,
            choices=[(role.value, words) for role, words in ROLES.items()],
            widget=forms.CheckboxSelectMultiple,
        )

    def clean(self, value: Any) -> list[Role]:
        chosen = super().clean(value)
        return [role for role in Role if role.value in chosen]


class CreateUserForm(forms.Form):
    """A new user; use case and form refuse the same names and passwords."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        help_text="Letters, digits and @ . + - _ only.",
    )
    password = forms.CharField(
        label="Password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Left empty, the user cannot sign in: for programs that only use access keys.",
    )
    roles = RolesField()


class RolesForm(forms.Form):
    """These roles and no others."""

    roles = RolesField()
