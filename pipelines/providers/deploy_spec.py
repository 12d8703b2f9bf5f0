"""What a deployment does to an instance: deployspec.yml and appspec.yml, read and checked.

https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EC2Deploy.html
https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from pipelines.providers.yaml_text import YamlError, load

BEFORE_DEPLOY, AFTER_DEPLOY = DEPLOY_HOOKS = ("BeforeDeploy", "AfterDeploy")
# The hooks of CodeDeploy in their order; Install and DownloadBundle are its own.
APP_HOOKS = (
    *("ApplicationStop", "BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"),
)
OF_LOAD_BALANCERS = (
    *("BeforeBlockTraffic", "AfterBlockTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"),
)
# Where the hooks of an AppSpec file run in a deployment that has only two.
_AS_DEPLOY_HOOKS = {
    **dict.fromkeys(("ApplicationStop", "BeforeInstall", BEFORE_DEPLOY), BEFORE_DEPLOY),
    **dict.fromkeys(("AfterInstall", "ApplicationStart", "ValidateService"), AFTER_DEPLOY),
    AFTER_DEPLOY: AFTER_DEPLOY,
}
LONGEST = 3600  # seconds: what a script may take when nothing is said, and at most


class SpecError(Exception):
    """The file cannot be used; the message is a sentence for people."""


class Existing(StrEnum):
    """What becomes of a file that is there already and is not of the deployment before."""

    DISALLOW = "DISALLOW"
    OVERWRITE = "OVERWRITE"
    RETAIN = "RETAIN"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _inside(path: str) -> str:
    if not path.strip() or ".." in PurePosixPath(path).parts or "\0" in path:
        raise PydanticCustomError("inside", "a path inside the artifact is needed here")
    return path


def _absolute(path: str) -> str:
    if not path.startswith("/") or ".." in PurePosixPath(path).parts or "\0" in path:
        raise PydanticCustomError("absolute", "a path that begins with a slash is needed here")
    return path


Inside = Annotated[str, AfterValidator(_inside)]
Absolute = Annotated[str, AfterValidator(_absolute)]
Mode = Annotated[str, Field(pattern=r"^0?[0-7]{1,4}$")]


class Copy(_Section):
    """Which files go where."""

    source: Inside
    destination: Absolute
    file_exists_behavior: Existing | None = None


class Script(_Section):
    """A program of the artifact that is run."""

    location: Inside
    timeout: Annotated[int, Field(ge=1, le=LONGEST)] = LONGEST
    runas: str = ""


class Permission(_Section):
    """With which mode files arrive; owners and folders are those of the instance."""

    object: Absolute
    pattern: str = "**"
    exclude: Annotated[tuple[str, ...], Field(alias="except")] = ()
    owner: str = ""
    group: str = ""
    mode: Mode | Literal[""] = ""
    type: tuple[Literal["file", "directory"], ...] = ("file", "directory")


Listed = BeforeValidator(lambda value: value or ())  # a key without a value is no key
Hooks = Annotated[
    dict[str, Annotated[tuple[Script, ...], Listed]], BeforeValidator(lambda value: value or {})
]


class _File(_Section):
    """The whole of either file."""

    version: str
    os: str = "linux"
    files: Annotated[tuple[Copy, ...], Listed] = ()
    file_exists_behavior: Existing | None = None
    permissions: Annotated[tuple[Permission, ...], Listed] = ()
    hooks: Hooks = Field(default_factory=dict)
    scripts: Hooks = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A file that can be followed."""

    copies: tuple[Copy, ...] = ()
    existing: Existing = Existing.OVERWRITE
    permissions: tuple[Permission, ...] = ()
    hooks: Mapping[str, tuple[Script, ...]] = field(default_factory=dict)

    def without_effect(self) -> Sequence[str]:
        """What of it changes nothing here, each as a few words."""
        scripts = [script for hook in self.hooks.values() for script in hook]
        found = [f"runas {name}" for name in sorted({s.runas for s in scripts if s.runas})]
        if any(each.owner or each.group for each in self.permissions):
            found.append("owner and group of permissions")
        if any("file" not in each.type for each in self.permissions):
            found.append("permissions of directories")
        return found


def parse_deployspec(raw: bytes) -> Spec:
    """A deploy spec of version 0.1, or an AppSpec file of version 0.0.  Raises SpecError."""
    found = _parse(raw, versions=("0.1", "0.0"))
    hooks: dict[str, tuple[Script, ...]] = {}
    key = "scripts" if found.version == "0.1" else "hooks"
    _refuse_other_hooks(found, key, known=_AS_DEPLOY_HOOKS)
    for name, runs_in in _AS_DEPLOY_HOOKS.items():  # in the order in which they run
        hooks[runs_in] = (*hooks.get(runs_in, ()), *getattr(found, key).get(name, ()))
    existing = found.file_exists_behavior or Existing.OVERWRITE
    return Spec(copies=found.files, existing=existing, permissions=found.permissions, hooks=hooks)


def parse_appspec(raw: bytes) -> Spec:
    """An AppSpec file for servers.  Raises SpecError."""
    found = _parse(raw, versions=("0.0",))
    _refuse_other_hooks(found, "hooks", known=(*APP_HOOKS, *OF_LOAD_BALANCERS))
    behaviors = [found.file_exists_behavior, *(c.file_exists_behavior for c in found.files)]
    existing = next((each for each in behaviors if each), Existing.DISALLOW)
    return Spec(
        copies=found.files,
        existing=existing,
        permissions=found.permissions,
        hooks={name: found.hooks.get(name, ()) for name in APP_HOOKS},
    )


def _parse(raw: bytes, *, versions: Sequence[str]) -> _File:
    try:
        data = load(raw)
    except YamlError as error:
        raise SpecError(f"It is not YAML that can be read: {error}.") from error
    if not isinstance(data, dict):
        raise SpecError("It is not a mapping of keys such as version and files.")
    if (version := data.get("version")) not in versions:
        raise SpecError(f"version: {str(version)[:40]!r} is not {' or '.join(versions)}.")
    if (system := data.get("os", "linux")) != "linux":
        raise SpecError(f"os: {str(system)[:40]!r} cannot be deployed to; write linux.")
    return _validated(data)


def _validated(data: dict[str, Any]) -> _File:
    try:
        return _File.model_validate(data)
    except ValidationError as invalid:
        # Its own text would repeat the values, however large.
        first = invalid.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SpecError(f"{where}: {first['msg']}.") from None


def _refuse_other_hooks(
    found: _File, key: str, *, known: Sequence[str] | Mapping[str, str]
) -> None:
    other = "hooks" if key == "scripts" else "scripts"
    if getattr(found, other):
        raise SpecError(f"{other}: in version {found.version} it is called {key}.")
    for name in getattr(found, key):
        if name not in known:
            raise SpecError(f"{key}.{name}: there is no such event; known: {', '.join(known)}.")
