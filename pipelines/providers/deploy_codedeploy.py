"""Deploy with AWS CodeDeploy: what appspec.yml says, on each instance of a deployment group.

https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeDeploy.html
The folders on an instance are those of the agent of CodeDeploy, so that scripts find what they
look for: https://docs.aws.amazon.com/codedeploy/latest/userguide/codedeploy-agent.html
"""

import math
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from pipelines import artifacts, isolation
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.deploy import CODEDEPLOY_CONFIGURATION
from pipelines.core.statuses import FailureCode
from pipelines.providers import build_folders, deploy_fleet, yaml_text
from pipelines.providers.contract import DeploymentGroup, Failed, Instance, Outcome, Succeeded, Work
from pipelines.providers.deploy_fleet import Deployment, Pace, Step, Tally
from pipelines.providers.deploy_host import Place
from pipelines.providers.deploy_hosts import host_of
from pipelines.providers.deploy_install import EventFailed, placements
from pipelines.providers.deploy_spec import Spec, SpecError, parse_appspec
from pipelines.providers.log import say

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "CodeDeploy", "1"),
        label="AWS CodeDeploy",
        input_artifacts=range(1, 2),
        output_artifacts=range(1),
        configuration=CODEDEPLOY_CONFIGURATION,
        timeout_minutes=5 * 24 * 60,
    ),
)
TARGET_TYPE = "InstanceTarget"
APPSPEC = ("appspec.yml", "appspec.yaml")
AGENT = "/opt/codedeploy-agent/deployment-root"
KEPT = 5  # revisions on an instance, as the agent keeps them
TOO_MANY = (
    "The overall deployment failed because too many individual instances failed deployment, too few"
    " healthy instances are available for deployment, or some instances in your deployment group"
    " are experiencing problems."
)


class _Misconfigured(Exception):
    """The action cannot be done as it is configured; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Revision:
    """What is deployed, and as which deployment."""

    work: Work
    group: DeploymentGroup
    bundle: Path
    spec: Spec

    @property
    def deployment_id(self) -> str:
        return f"d-{self.work.action_execution_id.replace('-', '')[:9].upper()}"

    @property
    def group_id(self) -> str:
        """The same for every deployment of the group: the agent names folders by it."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.group.application}/{self.group.name}"))

    def variables(self, event: str) -> dict[str, str]:
        return {
            "APPLICATION_NAME": self.group.application,
            "DEPLOYMENT_GROUP_NAME": self.group.name,
            "DEPLOYMENT_GROUP_ID": self.group_id,
            "DEPLOYMENT_ID": self.deployment_id,
            "LIFECYCLE_EVENT": event,
        }


def perform(work: Work) -> Outcome:
    """Deploy to the group's instances, so many at once as its deployment configuration says."""
    name = next(iter(work.input_artifacts))
    try:
        group = _group(work)
        bundle = build_folders.unpacked_inputs(work, name)[name]
        spec = _spec(bundle, name)
        placements(bundle, spec)  # what is not there is said before anything is done
    except (_Misconfigured, EventFailed, artifacts.ArtifactError) as problem:
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=str(problem))
    revision = _Revision(work=work, group=group, bundle=bundle, spec=spec)
    say(work, isolation.in_words(work.site.isolation))
    say(work, f"Deployment {revision.deployment_id} with {group.config}")
    for what in spec.without_effect():
        say(work, f"No effect here: {what}")
    pace = _pace(group.config, len(group.instances))
    deployments = [
        _Course(revision, _place(work, each, is_alone=pace.batch == 1)).deployment
        for each in group.instances
    ]
    tally = deploy_fleet.deploy(work, deployments, target_type=TARGET_TYPE, pace=pace)
    return _outcome(revision, tally)


def _group(work: Work) -> DeploymentGroup:
    """Raises _Misconfigured unless there is one with instances."""
    application = work.configuration["ApplicationName"]
    name = work.configuration["DeploymentGroupName"]
    group = work.site.deployment_group(application, name)
    if group is None:
        raise _Misconfigured(
            f"No Deployment Group found for name: {name}, of the application {application}. Create"
            f" it at {work.site.url}/codesuite/codedeploy/deployment-groups."
        )
    if not group.instances:
        raise _Misconfigured(
            "The deployment failed because no instances were found for your deployment group."
            " Check that instances have the tag that the deployment group asks for, at"
            f" {work.site.url}/codesuite/codedeploy/on-premises-instances."
        )
    return group


def _spec(bundle: Path, artifact: str) -> Spec:
    found = next((bundle / name for name in APPSPEC if (bundle / name).is_file()), None)
    if found is None:
        raise _Misconfigured(
            f"The input artifact {artifact} has no {APPSPEC[0]} in its root, which says how to"
            " deploy it."
        )
    try:
        return parse_appspec(yaml_text.read(found))
    except SpecError as error:
        raise _Misconfigured(f"{found.name} cannot be used. {error}") from error


def _pace(config: str, count: int) -> Pace:
    """https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html"""
    match config.rpartition(".")[2]:
        case "AllAtOnce":
            return Pace(batch=count, errors=count - 1)
        case "HalfAtATime":
            return Pace(batch=max(1, count // 2), errors=count - math.ceil(count / 2))
        case _:
            return Pace(batch=1, errors=0, is_last_forgiven=True)


def _place(work: Work, instance: Instance, *, is_alone: bool) -> Place:
    give_up_at = time.monotonic() + work.timeout.total_seconds()
    return Place(work=work, instance=instance, is_alone=is_alone, give_up_at=give_up_at)


class _Course:
    """The lifecycle of one deployment on one instance."""

    def __init__(self, revision: _Revision, place: Place) -> None:
        self.revision, self.place, self.host = revision, place, host_of(place)
        own = f"{AGENT}/{revision.group_id}"
        self.archive = f"{own}/{revision.deployment_id}/deployment-archive"
        self.revisions = f"{own}/revisions"
        instructions = f"{AGENT}/deployment-instructions/{revision.group_id}"
        self.cleanup, self.last = (
            f"{instructions}-cleanup",
            f"{instructions}_last_successful_install",
        )

    @property
    def deployment(self) -> Deployment:
        steps = (
            Step(name="ApplicationStop", do=self.stop),
            Step(name="DownloadBundle", do=self.download),
            Step(name="BeforeInstall", do=lambda: self.run("BeforeInstall")),
            Step(name="Install", do=self.install),
            Step(name="AfterInstall", do=lambda: self.run("AfterInstall")),
            Step(name="ApplicationStart", do=lambda: self.run("ApplicationStart")),
            Step(name="ValidateService", do=self.validate),
        )
        return Deployment(instance=self.place.instance.name, steps=steps)

    def stop(self) -> None:
        """By the scripts of the revision that was deployed before, if one was."""
        self.place.prepare()
        before = self.host.read(self.last).strip()
        written = next(filter(None, (self.host.read(f"{before}/{f}") for f in APPSPEC)), "")
        if not before or not written:
            return
        try:
            spec = parse_appspec(written.encode())
        except SpecError as error:
            raise EventFailed(f"The AppSpec file of the revision before: {error}") from error
        self._run(before, spec, "ApplicationStop")

    def download(self) -> None:
        self.host.receive(self.revision.bundle, self.archive)

    def install(self) -> None:
        placed = placements(self.revision.bundle, self.revision.spec)
        before = self.host.read(self.cleanup).splitlines()
        self.host.install(placed, self.revision.spec.existing, before, self.record)

    def record(self, destinations: list[str]) -> None:
        """What the next deployment may replace."""
        self.host.write(self.cleanup, "".join(f"{each}\n" for each in destinations))

    def run(self, event: str) -> None:
        self._run(self.archive, self.revision.spec, event)

    def validate(self) -> None:
        """After this the revision is the last successful one; old ones are removed."""
        self.run("ValidateService")
        self.host.write(self.last, f"{self.archive}\n")
        known = [
            each for each in self.host.read(self.revisions).splitlines() if each != self.archive
        ]
        known.append(self.archive)
        for old in known[:-KEPT]:
            self.host.remove(old.removesuffix("/deployment-archive"))
        self.host.write(self.revisions, "".join(f"{each}\n" for each in known[-KEPT:]))

    def _run(self, folder: str, spec: Spec, event: str) -> None:
        for script in spec.hooks[event]:
            self.host.run(folder, script, self.revision.variables(event))


def _outcome(revision: _Revision, tally: Tally) -> Outcome:
    deployment_id = revision.deployment_id
    why = deploy_fleet.said(revision.work, tally)
    if tally.is_failed:
        return Failed(
            code=FailureCode.JOB_FAILED,
            message=f"Deployment {deployment_id} failed. {TOO_MANY} {why or 'It was given up'}.",
            external_execution_id=deployment_id,
        )
    summary = "Deployment Succeeded" + (f" ({why})" if why else "")
    return Succeeded(external_execution_id=deployment_id, summary=summary)
