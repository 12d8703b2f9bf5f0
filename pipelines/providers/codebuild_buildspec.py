"""A buildspec of version 0.2: read, checked, and refused with a sentence that names the key.

https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
"""

import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from pipelines.providers.yaml_text import YamlError, load

VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
INSTALL, PRE_BUILD, BUILD, POST_BUILD = PHASES = ("install", "pre_build", "build", "post_build")
VERSION = "0.2"
DEFAULT = "buildspec.yml"  # where it is in the source

Names = TypeVar("Names", dict[str, str], list[str])
WITHOUT_EFFECT = {  # key -> why it changes nothing here
    "proxy": "there is no proxy of CodeBuild",
    "batch": "this is not a batch build",
    "reports": "test reports are not kept",
    "cache": "nothing is kept from one build to the next",
}


class BuildspecError(Exception):
    """A buildspec that cannot be used; the message is a sentence for people."""


def _absent_when_empty(value: object) -> object:
    """A key without a value is the same as no key."""
    return None if value == "" else value


def _commands(value: object) -> object:
    if not isinstance(value, list) or not value:
        raise PydanticCustomError("commands", "a list with at least one command is needed here")
    for number, command in enumerate(value):
        if not isinstance(command, str):
            raise PydanticCustomError(
                "command",
                "Expected Commands[{number}] to be of string type: it is a {kind}. A colon and a"
                " space in a command make a key of it; put the whole command in quotes",
                {"number": number, "kind": "mapping" if isinstance(command, dict) else "list"},
            )
        if not command.strip():
            raise PydanticCustomError(
                "command", "command number {number} is empty", {"number": number + 1}
            )
    return value


def _on_failure(value: object) -> object:
    if isinstance(value, str) and value.upper().startswith("RETRY"):
        raise PydanticCustomError(
            "retry", "RETRY is not done here; retry the stage instead. Allowed are ABORT, CONTINUE"
        )
    return value


def _refused(why: str) -> BeforeValidator:
    def refuse(_: object) -> object:
        raise PydanticCustomError("refused", "{why}", {"why": why})

    return BeforeValidator(refuse)


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) and value else value


def _names(value: Names) -> Names:
    for name in value:
        if not VARIABLE_NAME.fullmatch(name):
            raise PydanticCustomError(
                "name",
                "{name} cannot be the name of an environment variable; allowed are letters,"
                " digits and _",
                {"name": name},
            )
    return value


_RUN_AS = "every command runs as the user that Penstock itself runs as; leave run-as out"
_ELSEWHERE = "{} cannot be asked here; give the values as plain variables"
_SHELLS = Literal["bash", "/bin/sh", "sh"]

Commands = Annotated[list[str], BeforeValidator(_commands)]
Yes = Annotated[bool, BeforeValidator(lambda value: value or "no")]
Locations = Annotated[list[str], BeforeValidator(_one_or_more)]
Variables = Annotated[
    dict[str, str], BeforeValidator(lambda value: value or {}), AfterValidator(_names)
]
NameList = Annotated[list[str], BeforeValidator(lambda value: value or []), AfterValidator(_names)]
RunAs = Annotated[str | None, _refused(_RUN_AS)]


class Section(BaseModel):
    """A mapping whose keys are known."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, data: Any) -> Any:
        known = ", ".join(field.alias or name for name, field in cls.model_fields.items())
        if not isinstance(data, dict):
            raise PydanticCustomError(
                "mapping", "a mapping is needed here, of {known}", {"known": known}
            )
        for key in data:
            if key not in known.split(", "):
                raise PydanticCustomError(
                    "unknown_key",
                    "{key} is not a key that is known here; known are {known}",
                    {"key": str(key)[:100], "known": known},
                )
        return data


class Phase(Section):
    """The commands of one phase, and what follows when one of them fails."""

    commands: Commands
    finally_: Commands = Field(default=[], alias="finally")
    on_failure: Annotated[Literal["ABORT", "CONTINUE"] | None, BeforeValidator(_on_failure)] = (
        Field(default=None, alias="on-failure")
    )
    run_as: RunAs = Field(default=None, alias="run-as")


class InstallPhase(Phase):
    """The only phase that may do without commands of its own."""

    commands: Commands = []
    runtime_versions: dict[str, str] = Field(default={}, alias="runtime-versions")


class Phases(Section):
    """What runs, in this order."""

    install: Annotated[InstallPhase | None, BeforeValidator(_absent_when_empty)] = None
    pre_build: Phase | None = None
    build: Phase | None = None
    post_build: Phase | None = None

    def items(self) -> list[tuple[str, Phase | None]]:
        return [(name, getattr(self, name)) for name in PHASES]


class Environment(Section):
    """Variables, the shell, and what becomes an output variable of the action."""

    shell: _SHELLS | None = None
    variables: Variables = {}
    parameter_store: Annotated[
        dict[str, str], _refused(_ELSEWHERE.format("Systems Manager Parameter Store"))
    ] = Field(default={}, alias="parameter-store")
    secrets_manager: Annotated[dict[str, str], _refused(_ELSEWHERE.format("Secrets Manager"))] = (
        Field(default={}, alias="secrets-manager")
    )
    exported_variables: NameList = Field(default=[], alias="exported-variables")
    git_credential_helper: Yes = Field(default=False, alias="git-credential-helper")


class Artifact(Section):
    """Which files become an artifact, and under which names."""

    files: Locations = Field(min_length=1)
    name: str = ""
    discard_paths: Yes = Field(default=False, alias="discard-paths")
    base_directory: str = Field(default="", alias="base-directory")
    exclude_paths: Locations = Field(default=[], alias="exclude-paths")
    enable_symlinks: Yes = Field(default=False, alias="enable-symlinks")
    s3_prefix: str = Field(default="", alias="s3-prefix")


class Artifacts(Artifact):
    """The primary artifact, and the secondary ones by their identifiers."""

    files: Locations = []
    secondary_artifacts: dict[str, Artifact] = Field(default={}, alias="secondary-artifacts")

    @model_validator(mode="after")
    def _has_files(self) -> "Artifacts":
        if not self.files and not self.secondary_artifacts:
            raise PydanticCustomError("files", "files is needed here: a list of paths or globs")
        return self


class Buildspec(Section):
    """The whole file."""

    version: str
    run_as: RunAs = Field(default=None, alias="run-as")
    env: Annotated[Environment, BeforeValidator(lambda value: value or {})] = Environment()
    proxy: Any = None
    batch: Any = None
    phases: Phases
    reports: Any = None
    artifacts: Annotated[Artifacts | None, BeforeValidator(_absent_when_empty)] = None
    cache: Any = None

    @model_validator(mode="after")
    def _has_phases(self) -> "Buildspec":
        if not any(phase for _, phase in self.phases.items()):
            raise PydanticCustomError(
                "phases", "at least one of {known} is needed", {"known": ", ".join(PHASES)}
            )
        return self

    def without_effect(self) -> dict[str, str]:
        """What of it changes nothing here, and why."""
        found = {key: why for key, why in WITHOUT_EFFECT.items() if getattr(self, key)}
        if self.phases.install and self.phases.install.runtime_versions:
            found["runtime-versions"] = "the programs of this machine are used"
        if self.env.git_credential_helper:
            found["git-credential-helper"] = "git asks whom this machine's git asks"
        return found


def is_inline(buildspec: str) -> bool:
    """Whether what a project has is a whole buildspec, and not the path of one in the source."""
    return "\n" in buildspec.strip() or buildspec.lstrip().startswith(("{", "version:"))


def parse(raw: bytes) -> Buildspec:
    """Raises BuildspecError with what is wrong first, such as `phases.build.commands: …`."""
    try:
        data = load(raw)
    except YamlError as error:
        raise BuildspecError(f"It is not YAML that can be read: {error}.") from error
    if not isinstance(data, dict):
        raise BuildspecError("It is not a mapping of keys such as version and phases.")
    if data.get("version") != VERSION:
        raise BuildspecError(_other_version(data.get("version")))
    try:
        return Buildspec.model_validate(data)
    except ValidationError as invalid:
        # Its own text would repeat the values, however large.
        first = invalid.errors(include_url=False, include_context=False, include_input=False)[0]
        raise BuildspecError(_sentence(first)) from None


def _other_version(version: object) -> str:
    if not isinstance(version, str):
        return f"version: it is missing; write version: {VERSION}."
    return (
        f"version: {version[:40]!r} is not supported here; write version: {VERSION}, in which all"
        " commands run in one shell and env/variables are the environment variables."
    )


def _sentence(error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']}." if where else f"{error['msg']}."
