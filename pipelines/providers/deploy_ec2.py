"""Deploy to Amazon EC2: the files of an artifact, and scripts before and after, on each instance.

https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EC2Deploy.html
"""

import math
import re
import time
from pathlib import Path

from pipelines import artifacts, isolation
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import needed, resource, text
from pipelines.core.statuses import FailureCode
from pipelines.providers import build_folders, deploy_fleet, yaml_text
from pipelines.providers.contract import Failed, Instance, Outcome, Succeeded, TargetStatus, Work
from pipelines.providers.deploy_fleet import Deployment, Pace, Step, Tally
from pipelines.providers.deploy_host import Place
from pipelines.providers.deploy_hosts import host_of
from pipelines.providers.deploy_install import EventFailed, placements
from pipelines.providers.deploy_spec import (
    AFTER_DEPLOY,
    BEFORE_DEPLOY,
    Copy,
    Script,
    Spec,
    SpecError,
    parse_deployspec,
)
from pipelines.providers.log import say, say_no_effect

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Deploy", "AWS", "EC2", "1"),
        label="Amazon EC2",
        input_artifacts=range(1, 2),
        output_artifacts=range(1),
        configuration={
            "InstanceTagKey": resource("The key of the tag that the instances have."),
            "InstanceTagValue": resource("The value of the tag; any if left out.", required=False),
            "InstanceType": needed("What the instances are.", "EC2", "SSM_MANAGED_NODE"),
            "TargetDirectory": text("Where the files go; needed with scripts."),
            "DeploySpec": text("The file that says how to deploy, instead of scripts."),
            "PreScript": text("A script to run before."),
            "PostScript": text("A script to run after; needed without a deploy spec."),
            "MaxBatch": text("How many instances at once, as a number or in percent."),
            "MaxError": text("How many instances may fail, as a number or in percent."),
            "TargetGroupNameList": text("Target groups to leave meanwhile, with commas between."),
        },
        needs_v2=True,
    ),
)
MOST = 500  # instances; AWS's limit
BATCH, ERRORS = "50", "0"  # those of Systems Manager, by which AWS runs what it runs there
QUANTITY = re.compile(r"([0-9]{1,4})(%?)", re.ASCII)


def forget(_: list[str]) -> None:
    """The next deployment replaces whatever is there."""


class _Misconfigured(Exception):
    """The action cannot be done as it is configured; the message says what to change."""


def perform(work: Work) -> Outcome:
    """Deploy to the instances in batches, those first that failed the last time."""
    name = next(iter(work.input_artifacts))
    try:
        instances = _instances(work)
        pace = _pace(work, len(instances))
        bundle = build_folders.unpacked_inputs(work, name)[name]
        spec = _spec(work, bundle)
        placements(bundle, spec)  # what is not there is said before anything is done
    except (_Misconfigured, EventFailed, artifacts.ArtifactError) as problem:
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=str(problem))
    say(work, isolation.in_words(work.site.isolation))
    say_no_effect(work, ("TargetGroupNameList",), "there is no load balancer")
    for what in spec.without_effect():
        say(work, f"No effect here: {what}")
    left = _left(work, instances)
    deployments = [_deployment(work, each, bundle, spec, pace) for each in left]
    target_type = work.configuration["InstanceType"]
    tally = deploy_fleet.deploy(work, deployments, target_type=target_type, pace=pace)
    return _outcome(work, tally, count=len(instances), skipped=len(instances) - len(left))


def _instances(work: Work) -> tuple[Instance, ...]:
    key = work.configuration["InstanceTagKey"]
    value = work.configuration.get("InstanceTagValue", "")
    found = work.site.instances(key, value)
    tag = f"{key}={value}" if value else key
    if not found:
        raise _Misconfigured(
            f"No instance has the tag {tag}. Register the instances with their tags at"
            f" {work.site.url}/codesuite/codedeploy/on-premises-instances."
        )
    if len(found) > MOST:
        raise _Misconfigured(f"{len(found)} instances have the tag {tag}; at most {MOST} may.")
    return found


def _pace(work: Work, count: int) -> Pace:
    batch = _quantity(work, "MaxBatch", BATCH, of=count)
    errors = _quantity(work, "MaxError", ERRORS, of=count)
    if not (work.configuration.get("MaxBatch") or BATCH).strip("0%"):
        raise _Misconfigured("MaxBatch is 0: with no instance at a time nothing is deployed.")
    return Pace(batch=min(max(batch, 1), count), errors=errors)


def _quantity(work: Work, key: str, otherwise: str, *, of: int) -> int:
    written = work.configuration.get(key) or otherwise
    match = QUANTITY.fullmatch(written)
    number = int(match[1]) if match else 0
    if match is None or (match[2] and number > 100):
        raise _Misconfigured(f"{key} {written!r} is neither a number nor such as 50%.")
    return math.floor(of * number / 100) if match[2] else number


def _spec(work: Work, bundle: Path) -> Spec:
    """From the deploy spec, or from the configuration."""
    given = work.configuration
    if path := given.get("DeploySpec"):
        if given.get("PreScript") or given.get("PostScript"):
            raise _Misconfigured("Give either DeploySpec or PreScript and PostScript, not both.")
        return _read(bundle, path)
    if not given.get("PostScript"):
        raise _Misconfigured("PostScript is required when there is no DeploySpec.")
    directory = given.get("TargetDirectory", "")
    if not directory.startswith("/") or ".." in Path(directory).parts:
        raise _Misconfigured(
            f"TargetDirectory {directory!r} has to be an absolute path on the instances, such as"
            " /var/www."
        )
    before = [given["PreScript"]] if given.get("PreScript") else []
    return Spec(
        copies=(Copy(source="/", destination=directory),),
        hooks={
            BEFORE_DEPLOY: tuple(_script("PreScript", each) for each in before),
            AFTER_DEPLOY: (_script("PostScript", given["PostScript"]),),
        },
    )


def _read(bundle: Path, path: str) -> Spec:
    file = bundle / path.strip("/")
    if ".." in file.parts or not file.resolve().is_relative_to(bundle.resolve()):
        raise _Misconfigured(f"DeploySpec {path!r} leads out of the input artifact.")
    if not file.is_file():
        raise _Misconfigured(f"The input artifact has no file {path}, which DeploySpec names.")
    try:
        return parse_deployspec(yaml_text.read(file))
    except SpecError as error:
        raise _Misconfigured(f"The deploy spec {path} cannot be used. {error}") from error


def _script(key: str, location: str) -> Script:
    try:
        return Script(location=location)
    except ValueError:
        raise _Misconfigured(f"{key} {location!r} is not a path inside the artifact.") from None


def _left(work: Work, instances: tuple[Instance, ...]) -> list[Instance]:
    """Those that have not this artifact already; first those that failed with it."""
    earlier = work.earlier_targets()
    have = {name for name, status in earlier.items() if status is TargetStatus.SUCCEEDED}
    for each in instances:
        if each.name in have:
            say(work, f"{each.name} is skipped: it has received this artifact already")
    left = [each for each in instances if each.name not in have]
    return sorted(left, key=lambda each: earlier.get(each.name) is not TargetStatus.FAILED)


def _deployment(work: Work, instance: Instance, bundle: Path, spec: Spec, pace: Pace) -> Deployment:
    place = Place(
        work=work,
        instance=instance,
        is_alone=pace.batch == 1,
        give_up_at=time.monotonic() + work.timeout.total_seconds(),
    )
    host, folder = host_of(place), f"/tmp/penstock-{work.action_execution_id}"  # noqa: S108

    def run(hook: str, event: str) -> None:
        told = {"LIFECYCLE_EVENT": event, "INSTANCE_ID": instance.name}
        for script in spec.hooks[hook]:
            host.run(folder, script, {**told, "DEPLOYMENT_ID": work.action_execution_id})

    def before() -> None:
        place.prepare()
        host.receive(bundle, folder)
        run(BEFORE_DEPLOY, "BEFORE_DEPLOY")

    return Deployment(
        instance=instance.name,
        steps=(
            Step(name="BEFORE_DEPLOY", do=before),
            Step(
                name="DEPLOY",
                do=lambda: host.install(placements(bundle, spec), spec.existing, (), forget),
            ),
            Step(name="AFTER_DEPLOY", do=lambda: run(AFTER_DEPLOY, "AFTER_DEPLOY")),
        ),
        tidy=lambda: host.remove(folder),
    )


def _outcome(work: Work, tally: Tally, *, count: int, skipped: int) -> Outcome:
    done = f"{len(tally.succeeded) + skipped} of {count} instances"
    why = deploy_fleet.said(work, tally)
    if tally.is_failed:
        return Failed(
            code=FailureCode.JOB_FAILED,
            message=f"The deployment failed: {done} are done. {why or 'It was given up'}.",
            external_execution_id=work.action_execution_id,
        )
    return Succeeded(
        external_execution_id=work.action_execution_id,
        summary=f"Deployment Succeeded: {done}" + (f" ({why})" if why else ""),
    )
