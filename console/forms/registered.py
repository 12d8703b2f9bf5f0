"""The forms that register what actions name; whether it may be said, the use cases know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from console.forms.text import Writing
from pipelines import deployment_groups, functions, instances, topics

if TYPE_CHECKING:
    from pipelines.models import DeploymentGroup, Function, Instance, Topic


class RegisteredForm(forms.Form):
    """A form whose name is given once and for all."""

    name = forms.CharField(max_length=256)

    def __init__(self, data: Any = None, *, row: Any = None) -> None:
        super().__init__(data, initial=self.initial_of(row) if row else None)
        if row:
            del self.fields["name"]

    @staticmethod
    def initial_of(row: Any) -> dict[str, Any]:
        """What the fields show of one that is there."""
        raise NotImplementedError

    @property
    def said(self) -> Any:
        """What the use case takes beside the name."""
        raise NotImplementedError


class InstanceForm(RegisteredForm):
    """An instance with its tags."""

    name = forms.CharField(
        label="Instance name",
        max_length=100,
        help_text="Letters, digits, dots, - and _; it cannot be changed.",
    )
    tags = Writing(
        required=False,
        max_length=8192,
        rows=3,
        help_text="One a line, as key=value. Actions and deployment groups find instances by them.",
    )
    folder = forms.CharField(
        required=False,
        max_length=1024,
        help_text="What the instance has for its root: an absolute path. Leave it empty for a"
        " folder of its own here, or for the root of the host.",
    )
    ssh_host = forms.CharField(
        label="SSH host",
        required=False,
        max_length=255,
        help_text="host or user@host; the ssh of this machine must reach it without a password."
        " Leave it empty for a folder of this machine.",
    )

    @staticmethod
    def initial_of(row: Instance) -> dict[str, Any]:
        return {
            "tags": "\n".join(f"{key}={value}" for key, value in row.tag_values.items()),
            "folder": row.folder,
            "ssh_host": row.ssh_host,
        }

    def clean_tags(self) -> tuple[tuple[str, str], ...]:
        lines = [line for line in self.cleaned_data["tags"].split("\n") if line.strip()]
        return tuple(_tag(line) for line in lines)

    @property
    def said(self) -> instances.Settings:
        asked = self.cleaned_data
        return instances.Settings(
            tags=asked["tags"], folder=asked["folder"], ssh_host=asked["ssh_host"]
        )


class DeploymentGroupForm(RegisteredForm):
    """A group, by its application and its own name."""

    name = forms.CharField(
        label="Application and deployment group",
        max_length=201,
        help_text="As application/group: what actions name as ApplicationName and"
        " DeploymentGroupName. It cannot be changed.",
    )
    tag_key = forms.CharField(
        label="Tag key",
        max_length=128,
        help_text="Instances with this tag are deployed to.",
    )
    tag_value = forms.CharField(
        label="Tag value", required=False, max_length=256, help_text="Leave it empty for any."
    )
    config = forms.ChoiceField(
        label="Deployment configuration",
        choices=[(config, config) for config in deployment_groups.CONFIGS],
        initial=deployment_groups.ONE_AT_A_TIME,
        help_text="How many instances at once.",
    )

    @staticmethod
    def initial_of(row: DeploymentGroup) -> dict[str, Any]:
        return {"tag_key": row.tag_key, "tag_value": row.tag_value, "config": row.config}

    @property
    def said(self) -> deployment_groups.Settings:
        asked = self.cleaned_data
        return deployment_groups.Settings(
            tag_key=asked["tag_key"], tag_value=asked["tag_value"], config=asked["config"]
        )


class FunctionForm(RegisteredForm):
    """Where a function is."""

    name = forms.CharField(
        label="Function name",
        max_length=64,
        help_text="What actions name as FunctionName. Letters, digits, - and _; it cannot be"
        " changed.",
    )
    url = forms.CharField(
        label="Address",
        max_length=2048,
        help_text="An http or https address. It gets the event of each job, by POST.",
    )

    @staticmethod
    def initial_of(row: Function) -> dict[str, Any]:
        return {"url": row.url}

    @property
    def said(self) -> functions.Settings:
        return functions.Settings(url=self.cleaned_data["url"])


class TopicForm(RegisteredForm):
    """Where a topic leads to."""

    name = forms.CharField(
        label="Topic name",
        max_length=256,
        help_text="The last part of the ARN that approvals name as NotificationArn. Letters,"
        " digits, - and _; it cannot be changed.",
    )
    url = forms.CharField(
        label="Address to post to",
        required=False,
        max_length=2048,
        help_text="An http or https address. It gets AWS's JSON. Everybody who may see topics sees"
        " it.",
    )
    email = forms.CharField(label="E-mail address", required=False, max_length=254)

    @staticmethod
    def initial_of(row: Topic) -> dict[str, Any]:
        return {"url": row.url, "email": row.email}

    @property
    def said(self) -> topics.Settings:
        return topics.Settings(url=self.cleaned_data["url"], email=self.cleaned_data["email"])


def _tag(line: str) -> tuple[str, str]:
    key, separator, value = line.partition("=")
    if not separator:
        raise forms.ValidationError(f"“{line[:100]}” is not of the form key=value.")
    return key.strip(), value.strip()
