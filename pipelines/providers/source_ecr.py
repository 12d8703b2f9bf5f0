"""Source from Amazon ECR: which image a tag names now, in any registry of the OCI kind."""

import json
import zipfile
from collections.abc import Mapping

from pipelines import registries
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import resource, text
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import FailureCode
from pipelines.providers.contract import (
    Absent,
    Failed,
    Found,
    Look,
    Outcome,
    Revision,
    Sighting,
    Site,
    Succeeded,
    Unseen,
    Work,
)
from pipelines.providers.log import say
from pipelines.registries import Manifest, Registry

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Source", "AWS", "ECR", "1"),
        label="Amazon ECR",
        input_artifacts=range(1),
        output_artifacts=range(1, 2),
        configuration={
            "RepositoryName": resource("The repository that the image was pushed to."),
            "ImageTag": text("The tag of the image; latest if left out."),
        },
        output_variables=("ImageDigest", "ImageTag", "ImageURI", "RegistryId", "RepositoryName"),
    ),
)
NO_REGISTRY = (
    "This Penstock has no registry of images. Set PENSTOCK_REGISTRY to its host and port, such as"
    " 127.0.0.1:5000, and start Penstock again."
)
SECONDS = 60.0  # for one manifest, at most
CODES: dict[type[registries.RegistryError], FailureCode] = {
    registries.Denied: FailureCode.PERMISSION_ERROR,
    registries.Unreachable: FailureCode.SYSTEM_UNAVAILABLE,
}


def perform(work: Work) -> Outcome:
    """Find the image of the tag, or the one asked for; its digest is the revision."""
    registry, repository, tag = _asked(work.site, work.configuration)
    if registry is None:
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=NO_REGISTRY)
    asked_for = work.overrides.get(RevisionType.IMAGE_DIGEST)
    if asked_for:
        say(work, f"Source revision override: image {asked_for} of {repository}")
    try:
        found = registries.manifest(
            registry,
            repository,
            asked_for or tag,
            seconds=min(work.timeout.total_seconds(), SECONDS),
            is_lost=work.is_lost,
        )
    except registries.RegistryError as problem:
        return _failure(problem, repository, asked_for or tag, is_asked_for=bool(asked_for))
    except registries.GivenUp:
        return Failed(code=FailureCode.SYSTEM_UNAVAILABLE, message="The work was given up.")
    return _succeeded(work, registry, repository, tag, found)


def latest_revision(look: Look) -> Sighting:
    """The digest that the tag names now."""
    registry, repository, tag = _asked(look.site, look.configuration)
    if registry is None:
        return Unseen(why=NO_REGISTRY)
    try:
        found = registries.manifest(registry, repository, tag, seconds=look.seconds)
    except registries.NoSuchImage as problem:
        return Absent(why=_what_to_do(problem, repository, tag))
    except registries.RegistryError as problem:
        return Unseen(why=_what_to_do(problem, repository, tag))
    return Found(revision=found.digest)


def _asked(site: Site, configuration: Mapping[str, str]) -> tuple[Registry | None, str, str]:
    """Where to ask, for what, under which tag."""
    registry = None
    if site.registry:
        registry = Registry(
            host=site.registry,
            username=site.registry_username,
            password=site.registry_password,
        )
    return registry, configuration["RepositoryName"], configuration.get("ImageTag") or "latest"


def _succeeded(
    work: Work, registry: Registry, repository: str, tag: str, found: Manifest
) -> Succeeded:
    uri = f"{registry.host}/{repository}@{found.digest}"
    say(work, f"Got {uri}, tag {tag}")
    artifact = work.workspace / "image.zip"
    with zipfile.ZipFile(artifact, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("imageDetail.json", json.dumps(_detail(work, uri, tag, found)))
    return Succeeded(
        artifacts={output.name: artifact for output in work.output_artifacts},
        output_variables={
            "ImageDigest": found.digest,
            "ImageTag": tag,
            "ImageURI": uri,
            "RegistryId": work.site.account_id,
            "RepositoryName": repository,
        },
        revision=Revision(id=found.digest, summary=f"{repository}:{tag}"),
        external_execution_id=found.digest,
        summary=uri,
    )


def _detail(work: Work, uri: str, tag: str, found: Manifest) -> dict[str, object]:
    """AWS page "Image definitions file reference"; what the registry does not say is left out."""
    size = {} if found.size is None else {"ImageSizeInBytes": str(found.size)}
    pushed = {"ImagePushedAt": found.pushed_at} if found.pushed_at else {}
    return {
        **size,
        "ImageDigest": found.digest,
        "Version": "1.0",
        **pushed,
        "RegistryId": work.site.account_id,
        "RepositoryName": work.configuration["RepositoryName"],
        "ImageURI": uri,
        "ImageTags": [tag],
    }


def _failure(
    problem: registries.RegistryError, repository: str, reference: str, *, is_asked_for: bool
) -> Failed:
    code = CODES.get(type(problem), FailureCode.CONFIGURATION_ERROR)
    if is_asked_for and isinstance(problem, registries.NoSuchImage):
        return Failed(
            code=FailureCode.REVISION_UNAVAILABLE,
            message=f"{problem} Start the pipeline with the digest of an image that is there.",
        )
    return Failed(code=code, message=_what_to_do(problem, repository, reference))


def _what_to_do(problem: registries.RegistryError, repository: str, reference: str) -> str:
    match problem:
        case registries.NoSuchImage():
            todo = f"Push {repository}:{reference}, or change RepositoryName or ImageTag."
        case registries.Denied():
            todo = (
                "Set PENSTOCK_REGISTRY_USERNAME and PENSTOCK_REGISTRY_PASSWORD to a user who may"
                f" pull {repository}."
            )
        case registries.Unreachable():
            todo = "Check PENSTOCK_REGISTRY."
        case _:
            todo = f"{repository}:{reference} was asked for."
    return f"{problem} {todo}"
