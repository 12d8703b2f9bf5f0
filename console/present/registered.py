"""The kinds of what is registered for actions to name, and how their lists show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from console.forms.registered import DeploymentGroupForm, FunctionForm, InstanceForm, TopicForm
from console.present.events import without_path
from pipelines import deployment_groups, functions, instances, topics
from pipelines.core.connections import is_web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from console.forms.registered import RegisteredForm
    from pipelines.core.rights import Caller
    from pipelines.models import DeploymentGroup, Instance, Topic
    from pipelines.registering import Register


class UseCase(Protocol):
    """What one can do with each kind: `noun.verb()`."""

    REGISTER: Register[Any]

    def find(self, name: str) -> Any: ...
    def listed(self, *, by: Caller) -> Any: ...
    def create(self, name: str, said: Any, *, by: Caller) -> Any: ...
    def update(self, name: str, said: Any, *, by: Caller) -> Any: ...
    def delete(self, name: str, *, by: Caller) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind, in the words of its pages."""

    url: str  # what the names of its URLs begin with
    one: str
    many: str
    create: str  # what the button says
    purpose: str
    empty: str
    deleting: str  # what deleting one means
    columns: tuple[str, ...]
    cells: Callable[[Any], tuple[str, ...]]
    form: type[RegisteredForm]
    use_case: UseCase


class Cell(NamedTuple):
    """A value under the name of its column."""

    column: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the list."""

    name: str
    cells: tuple[Cell, ...]
    updated_at: datetime


def lines_of(kind: Kind, rows: Iterable[Any], *, shows_addresses: bool) -> tuple[Line, ...]:
    """Who may not change them sees which hosts are told of something, and not how."""

    def shown(text: str) -> str:
        return without_path(text) if is_web(text) and not shows_addresses else text

    return tuple(
        Line(
            name=row.name,
            cells=tuple(
                Cell(column, shown(text))
                for column, text in zip(kind.columns, kind.cells(row), strict=True)
            ),
            updated_at=row.updated_at,
        )
        for row in rows
    )


def _instance(row: Instance) -> tuple[str, ...]:
    tags = ", ".join(f"{key}={value}" for key, value in row.tag_values.items())
    return row.ssh_host or "This machine", row.folder, tags


def _deployment_group(row: DeploymentGroup) -> tuple[str, ...]:
    return f"{row.tag_key}={row.tag_value}" if row.tag_value else row.tag_key, row.config


def _topic(row: Topic) -> tuple[str, ...]:
    return topics.arn_of(row.name), row.url, row.email


KINDS = {
    kind.url: kind
    for kind in (
        Kind(
            url="instance",
            one="instance",
            many="Instances",
            create="Register instance",
            purpose="What EC2 and CodeDeploy actions deploy to: folders of this machine, and hosts"
            " that ssh reaches. Actions find them by their tags.",
            empty="An action that deploys to instances fails until one has the tag that it asks"
            " for.",
            deleting="Its folder stays as it is. Actions do not deploy to it any more.",
            columns=("Where", "Folder", "Tags"),
            cells=_instance,
            form=InstanceForm,
            use_case=instances,
        ),
        Kind(
            url="deployment-group",
            one="deployment group",
            many="Deployment groups",
            create="Create deployment group",
            purpose="What CodeDeploy actions name as ApplicationName and DeploymentGroupName: the"
            " instances with a tag, and how many of them at once.",
            empty="A CodeDeploy action fails until the deployment group that it names exists.",
            deleting="Actions that name it fail until there is a group of that name again.",
            columns=("Tag", "Deployment configuration"),
            cells=_deployment_group,
            form=DeploymentGroupForm,
            use_case=deployment_groups,
        ),
        Kind(
            url="function",
            one="function",
            many="Functions",
            create="Create function",
            purpose="What Lambda actions name as FunctionName: an address that gets the event of"
            " each job, and reports on it as a function of Lambda does.",
            empty="A Lambda action fails until the function that it names has an address, unless"
            " there is an endpoint of another Lambda.",
            deleting="Actions that name it fail until there is a function of that name again.",
            columns=("Address",),
            cells=lambda row: (row.url,),
            form=FunctionForm,
            use_case=functions,
        ),
        Kind(
            url="topic",
            one="topic",
            many="Topics",
            create="Create topic",
            purpose="What manual approvals name as NotificationArn: who is told that an approval is"
            " needed, by a request to an address or by e-mail.",
            empty="An approval that names a topic waits all the same, but nobody is told of it.",
            deleting="Approvals that name it wait as before, but nobody is told of them.",
            columns=("ARN", "Address", "E-mail"),
            cells=_topic,
            form=TopicForm,
            use_case=topics,
        ),
    )
}
