"""The forms of the page Connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from console.forms.text import Writing
from pipelines import connections
from pipelines.core.connections import ProviderType

if TYPE_CHECKING:
    from pipelines.models import Connection

LABELS = {
    ProviderType.GIT: "Any other git host, or a path",
    ProviderType.GITHUB: "GitHub",
    ProviderType.GITHUB_ENTERPRISE: "GitHub Enterprise Server",
    ProviderType.GITLAB: "GitLab",
    ProviderType.GITLAB_SELF_MANAGED: "GitLab self-managed",
    ProviderType.BITBUCKET: "Bitbucket",
}


class ConnectionForm(forms.Form):
    """What is said of a connection; whether it may be said, the use case knows."""

    name = forms.CharField(label="Connection name", max_length=connections.NAME_LIMIT)
    provider_type = forms.ChoiceField(
        label="Provider",
        choices=[(str(each), label) for each, label in LABELS.items()],
        help_text="Says where the host shows a commit.",
    )
    base_url = forms.CharField(
        label="Base URL",
        help_text="What is in front of owner/name: https://github.com, ssh://git@example.com, or a"
        " path of this machine such as /srv/git.",
    )
    username = forms.CharField(
        required=False,
        max_length=connections.USERNAME_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        help_text="Over HTTP. Most hosts look at the token only and take any name.",
    )
    token = forms.CharField(
        required=False,
        max_length=connections.CREDENTIAL_LIMIT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="A token or password that may read the repositories. It is sealed and never"
        " shown again.",
    )
    private_key = Writing(
        label="SSH private key",
        required=False,
        max_length=connections.CREDENTIAL_LIMIT,
        help_text="For ssh:// instead of a token, without a passphrase.",
    )
    forget = forms.BooleanField(label="Forget the stored token or key", required=False)

    def __init__(self, data: Any = None, *, connection: Connection | None = None) -> None:
        super().__init__(data, initial=_initial(connection) if connection else None)
        self.fields["private_key"].widget.attrs["spellcheck"] = "false"
        if connection is None or not connection.sealed_credential:
            del self.fields["forget"]
        else:
            self.fields["token"].help_text = "Leave it empty to keep the stored one."

    @property
    def said(self) -> connections.Settings:
        asked = self.cleaned_data
        given = asked["token"] or asked["private_key"].strip() or None
        return connections.Settings(
            name=asked["name"],
            base_url=asked["base_url"],
            provider_type=ProviderType(asked["provider_type"]),
            username=asked["username"],
            credential=given or ("" if asked.get("forget") else None),
        )


class TryForm(forms.Form):
    """Which repository to ask for."""

    repository = forms.CharField(
        label="Repository",
        max_length=255,
        help_text="As actions name it in FullRepositoryId, such as owner/name.",
    )


def _initial(connection: Connection) -> dict[str, Any]:
    return {
        "name": connection.name,
        "provider_type": connection.provider_type,
        "base_url": connection.base_url,
        "username": connection.username,
    }
