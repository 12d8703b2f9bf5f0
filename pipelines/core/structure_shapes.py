"""The shape of a pipeline definition: the members it has, and what each of them may hold."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from pipelines.core.action_types import Category
from pipelines.core.statuses import ExecutionMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    min: int = 0
    max: int | None = None
    pattern: str = ""  # empty: any text
    choices: tuple[str, ...] = ()  # empty: any text
    is_quotable: bool = True  # false: may hold a secret, so complaints do not repeat it


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    min: int
    max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    member: "Shape"
    min: int = 0
    max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    key: Text
    value: "Shape"


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    members: Mapping[str, "Shape"]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """What the rules refuse whatever is in it."""


Shape = Text | Number | ListOf | MapOf | Structure | Unread

# JSON can spell both, and neither can be stored.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def violations(value: object, shape: Shape, path: str) -> Iterator[str]:
    """Everything that is wrong with a value, in the words of AWS."""
    if value is None:
        yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        return
    match shape:
        case Text():
            yield from text_violations(value, shape, path)
        case Number():
            yield from number_violations(value, shape, path)
        case ListOf():
            yield from list_violations(value, shape, path)
        case MapOf():
            yield from map_violations(value, shape, path)
        case Structure():
            yield from structure_violations(value, shape, path)
        case Unread():
            return
        case _:  # pragma: no cover
            assert_never(shape)


def clean(value: Any, shape: Shape) -> Any:
    """A copy of a value that has the shape, without the members that the shape does not know."""
    match shape:
        case Structure():
            return {
                name: clean(member, shape.members[name])
                for name, member in value.items()
                if member is not None and name in shape.members
            }
        case ListOf():
            return [clean(member, shape.member) for member in value]
        case MapOf():
            return {key: clean(member, shape.value) for key, member in value.items()}
        case _:
            return value


def text_violations(value: object, shape: Text, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield violated("be a string", path)
        return
    if UNSTORABLE.search(value):
        yield violated("be text without null characters and lone surrogates", path)
        return
    shown = f" '{value}'" if shape.is_quotable else ""
    yield from size_violations("length", len(value), shape, path=path, shown=shown)
    if shape.pattern and not re.fullmatch(shape.pattern, value, re.ASCII):
        yield violated(f"satisfy regular expression pattern: {shape.pattern}", path, shown)
    if shape.choices and value not in shape.choices:
        yield violated(f"satisfy enum value set: [{', '.join(shape.choices)}]", path, shown)


def number_violations(value: object, shape: Number, path: str) -> Iterator[str]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield violated("be an integer", path)
        return
    yield from size_violations("value", value, shape, path=path, shown=f" '{value}'")


def list_violations(value: object, shape: ListOf, path: str) -> Iterator[str]:
    if not isinstance(value, list | tuple):
        yield violated("be a list", path)
        return
    yield from size_violations("length", len(value), shape, path=path)
    for number, member in enumerate(value, start=1):
        yield from violations(member, shape.member, f"{path}.{number}.member")


def map_violations(value: object, shape: MapOf, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield violated("be a map", path)
        return
    for key, member in value.items():
        wrong_with_key = [*violations(key, shape.key, f"{path}.key")]
        yield from wrong_with_key or violations(member, shape.value, f"{path}.{key}.member")


def structure_violations(value: object, shape: Structure, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield violated("be a structure", path)
        return
    for name, member in shape.members.items():
        if name in shape.required or value.get(name) is not None:
            yield from violations(value.get(name), member, f"{path}.{name}")


def size_violations(
    kind: str, size: int, shape: Text | Number | ListOf, *, path: str, shown: str = ""
) -> Iterator[str]:
    if size < shape.min:
        yield violated(f"have {kind} greater than or equal to {shape.min}", path, shown)
    if shape.max is not None and size > shape.max:
        yield violated(f"have {kind} less than or equal to {shape.max}", path, shown)


def violated(constraint: str, path: str, shown: str = "") -> str:
    return f"Value{shown} at '{path}' failed to satisfy constraint: Member must {constraint}"


# The table, from the inside out.  The names are those of the service model.

NAME = Text(min=1, max=100, pattern=r"[A-Za-z0-9.@\-_]+")
ROLE_ARN = Text(max=1024, pattern=r"arn:aws(-[\w]+)*:iam::[0-9]{12}:role/.*")
REGION = Text(min=4, max=30)
VERSION = Text(min=1, max=9, pattern=r"[0-9A-Za-z_-]+")
ARTIFACT_NAME = Text(min=1, max=100, pattern=r"[a-zA-Z0-9_\-]+")

ENCRYPTION_KEY = Structure(
    members={"id": Text(min=1, max=400), "type": Text(choices=("KMS",))},
    required=("id", "type"),
)
ARTIFACT_STORE = Structure(
    members={
        "type": Text(choices=("S3",)),
        "location": Text(min=3, max=63, pattern=r"[a-zA-Z0-9\-\.]+"),
        "encryptionKey": ENCRYPTION_KEY,
    },
    required=("type", "location"),
)
ACTION_TYPE_ID = Structure(
    members={
        "category": Text(choices=tuple(Category)),
        "owner": Text(choices=("AWS", "ThirdParty", "Custom")),
        "provider": Text(min=1, max=35, pattern=r"[0-9A-Za-z_-]+"),
        "version": VERSION,
    },
    required=("category", "owner", "provider", "version"),
)
OUTPUT_ARTIFACT = Structure(
    members={"name": ARTIFACT_NAME, "files": ListOf(member=Text(min=1, max=128), min=1, max=10)},
    required=("name",),
)
ENVIRONMENT_VARIABLE = Structure(
    members={
        "name": Text(min=1, max=128, pattern=r"[A-Za-z0-9_]+"),
        "value": Text(min=1, max=2000, pattern=r".*", is_quotable=False),
        "type": Text(choices=("PLAINTEXT", "SECRETS_MANAGER")),
    },
    required=("name", "value"),
)
# The service model lets a command span lines; the user guide does not:
# https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html
COMMAND = Text(min=1, max=1000, pattern=r"[^\r\n]+")
ACTION = Structure(
    members={
        "name": NAME,
        "actionTypeId": ACTION_TYPE_ID,
        "runOrder": Number(min=1, max=999),
        "configuration": MapOf(
            key=Text(min=1, max=50), value=Text(min=1, max=1000, is_quotable=False)
        ),
        "commands": ListOf(member=COMMAND, min=1, max=50),
        "outputArtifacts": ListOf(member=OUTPUT_ARTIFACT),
        "inputArtifacts": ListOf(
            member=Structure(members={"name": ARTIFACT_NAME}, required=("name",))
        ),
        "outputVariables": ListOf(member=Text(min=1, max=128), min=1, max=15),
        "roleArn": ROLE_ARN,
        "region": REGION,
        "namespace": Text(min=1, max=100, pattern=r"[A-Za-z0-9@\-_]+"),
        "timeoutInMinutes": Number(min=5, max=86400),
        "environmentVariables": ListOf(member=ENVIRONMENT_VARIABLE, min=1, max=10),
    },
    required=("name", "actionTypeId"),
)
BLOCKER = Structure(
    members={"name": Text(min=1, max=100), "type": Text(choices=("Schedule",))},
    required=("name", "type"),
)
STAGE = Structure(
    members={
        "name": NAME,
        "blockers": ListOf(member=BLOCKER),
        "actions": ListOf(member=ACTION),
        "onFailure": Unread(),
        "onSuccess": Unread(),
        "beforeEntry": Unread(),
    },
    required=("name", "actions"),
)
VARIABLE = Structure(
    members={
        "name": Text(min=1, max=128, pattern=r"[A-Za-z0-9@\-_]+"),
        "defaultValue": Text(min=1, max=1000, pattern=r".*"),
        "description": Text(max=200, pattern=r".*"),
    },
    required=("name",),
)
PIPELINE = Structure(
    members={
        "name": NAME,
        "roleArn": ROLE_ARN,
        "artifactStore": ARTIFACT_STORE,
        "artifactStores": MapOf(key=REGION, value=ARTIFACT_STORE),
        "stages": ListOf(member=STAGE),
        "version": Number(min=1),
        "executionMode": Text(choices=tuple(ExecutionMode)),
        "pipelineType": Text(choices=("V1", "V2")),
        "variables": ListOf(member=VARIABLE, max=50),
        "triggers": ListOf(member=Unread(), max=50),
    },
    required=("name", "roleArn", "stages"),
)
