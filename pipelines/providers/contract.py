"""What a provider promises: do one action's work from plain values, and say how it ended.

A provider is a module that offers two names:

``ACTION_TYPES``
    the action types it does the work of (`pipelines.core.action_types.ActionType`);
``perform(work)``
    does the work of one action execution and returns an `Outcome`.

A source offers a third, for change detection:

``latest_revision(look)``
    says what is newest, as `perform` would take it, within `look.seconds` (a `Sighting`).

The promises, which every provider keeps and the runner relies on:

1. `perform` is called at most once for an action execution whose work has effects outside
   its workspace; it never keeps state in the process.
2. It reads and writes files only in `work.workspace`, in what `work.site` names, and where the
   action's configuration points it.
3. What is the user's to mend comes back as `Failed` with a code of the API's and a sentence that
   names what to change.  An exception is a defect and is reported as `SystemUnavailable`.
4. It returns soon (a second or two) after `work.is_lost()` turns true, having ended every process
   that it started; what it then returns is thrown away.
5. Nothing secret goes to the log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipelines.core.action_types import ActionTypeId
from pipelines.core.source_overrides import RevisionType, SourceOverride
from pipelines.core.statuses import FailureCode
from pipelines.endpoints import NOWHERE, Endpoints
from pipelines.isolation import Level
from pipelines.providers.git_hosts import Host
from pipelines.remotes import SIZE_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One build of a CodeBuild project: what the project says, and which of its builds it is."""

    project_name: str
    number: int  # the first build of a project is 1
    buildspec: str = ""  # empty: buildspec.yml in the source; one line: another path; or the text
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: timedelta = timedelta(hours=1)
    image: str = ""  # only a name here: nothing is run in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """What deployments go to: a folder of this machine, or a host that ssh reaches."""

    name: str
    folder: Path  # what is its root
    ssh_host: str = ""  # empty: this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentGroup:
    """Instances that are deployed to together."""

    application: str
    name: str
    config: str  # such as CodeDeployDefault.OneAtATime
    instances: tuple[Instance, ...]


class TargetStatus(StrEnum):
    """Of an instance that is deployed to, and of each event there, as CodeDeploy spells it."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SKIPPED = "Skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEvent:
    """API type DeployTargetEvent."""

    name: str
    status: TargetStatus = TargetStatus.PENDING
    started_at: datetime | None = None
    ended_at: datetime | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """API type DeployActionExecutionTarget."""

    id: str  # the name of the instance
    type: str
    status: TargetStatus = TargetStatus.PENDING
    started_at: datetime | None = None
    ended_at: datetime | None = None
    events: tuple[TargetEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineStart:
    """Which pipeline one action has start, and with what."""

    action_execution_id: str  # of the action that asks; it starts one execution, however often
    pipeline_name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    source_overrides: tuple[SourceOverride, ...] = ()


def begins_nothing(_: str = "") -> Mapping[str, Any]:
    """Where nobody has said how jobs are made."""
    raise NotImplementedError


def starts_nothing(_: PipelineStart) -> str:
    """Where nobody has said how pipelines are started."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where this Penstock keeps things, and who it says it is."""

    buckets: Path  # one folder per bucket
    repositories: Path  # one bare git repository per CodeCommit repository: <name>.git
    account_id: str
    region: str
    url: str  # of the console, without a slash at the end
    isolation: Level = Level.NONE  # what commands of users are kept in
    command_memory: int = 0  # bytes that each process of a command may have; 0: no limit
    endpoints: Endpoints = NOWHERE  # services of AWS's kind that may be called
    github_url: str = "https://github.com"  # where sources of GitHub are
    source_limit: int = SIZE_LIMIT  # bytes that a repository may have
    connection: Callable[[str], Host | None] = lambda _: None  # by its ARN; None: no such one
    # Those with a tag of this key and, unless it is empty, this value; in the order of their names.
    instances: Callable[[str, str], tuple[Instance, ...]] = lambda _key, _value: ()
    # By application and name; None: there is no such group.
    deployment_group: Callable[[str, str], DeploymentGroup | None] = lambda _app, _name: None
    function_url: Callable[[str], str] = lambda _name: ""  # of a function that is registered here
    registry: str = ""  # of container images, as host:port; empty: there is none
    registry_username: str = ""  # who asks it what a tag names
    registry_password: str = field(default="", repr=False)
    start_build: Callable[[str], Build | None] = lambda _: None  # counts it; None: no such project
    # Starts it and returns the id of the execution.  Raises Refusal (pipelines.core.refusals).
    start_pipeline: Callable[[PipelineStart], str] = starts_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputArtifact:
    """An artifact that the action declares, and which files it is made of."""

    name: str
    files: tuple[str, ...] = ()  # globs, for Commands; empty: the provider knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One action execution, as its provider sees it."""

    action_execution_id: str
    pipeline_name: str
    pipeline_execution_id: str
    stage_name: str
    action_name: str
    type_id: ActionTypeId
    site: Site
    configuration: Mapping[str, str]  # resolved
    workspace: Path  # an empty folder of its own, removed afterwards
    log_file: Path  # append-only; the console shows it while it grows
    log_limit: int  # bytes; what would come after is dropped with a mark that says so
    timeout: timedelta
    commands: tuple[str, ...] = ()  # resolved
    environment: Mapping[str, str] = field(default_factory=dict)  # resolved
    input_artifacts: Mapping[str, Path] = field(default_factory=dict)  # name -> zip file, in order
    revisions: Mapping[str, str] = field(default_factory=dict)  # artifacts of sources -> revision
    clone_references: frozenset[str] = frozenset()  # inputs that say what to clone: no zip files
    output_artifacts: tuple[OutputArtifact, ...] = ()
    output_variables: tuple[str, ...] = ()  # names to report
    # What a source takes in place of the newest: revision type -> value.
    overrides: Mapping[RevisionType, str] = field(default_factory=dict)
    # Says how far a deployment is on each of its targets, whenever that has changed.
    report: Callable[[tuple[Target, ...]], None] = lambda _targets: None
    # Opens a job for a function and returns the event with which it is invoked.
    begin_job: Callable[[], Mapping[str, Any]] = begins_nothing
    # What became of each target when this action last tried to deploy the same artifact to it.
    earlier_targets: Callable[[], Mapping[str, TargetStatus]] = dict
    is_lost: Callable[[], bool] = lambda: False  # true: another process has given this work up


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a source action found (API type ArtifactRevision)."""

    id: str
    summary: str = ""
    url: str = ""
    change_id: str = ""  # what else tells it apart: when it was committed, an ETag
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The work is done."""

    artifacts: Mapping[str, Path] = field(default_factory=dict)  # output artifact -> zip file
    output_variables: Mapping[str, str] = field(default_factory=dict)
    revision: Revision | None = None
    external_execution_id: str = ""
    external_execution_url: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The work could not be done; `message` says what to change."""

    code: FailureCode
    message: str
    external_execution_id: str = ""
    external_execution_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Nothing to do here: somebody else will answer, such as the person who approves."""


Outcome = Succeeded | Failed | Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at a source: is there anything new?"""

    site: Site
    configuration: Mapping[str, str]
    seconds: float = 10.0  # that it may take
    has_filters: bool = False  # all branches and tags are asked for, not only the action's own
    wants_files: bool = False  # with filters, the changed files are asked for as well
    refs_before: Mapping[str, str] | None = None  # what was seen before; None: nothing yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The newest revision of the source, and with filters every ref: refs/heads/main -> commit."""

    revision: str
    refs: Mapping[str, str] = field(default_factory=dict)
    changed_files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The source answered: there is nothing yet.  `why` is a sentence."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """The source could not be asked; `why` says what to change."""

    why: str


Sighting = Found | Absent | Unseen
