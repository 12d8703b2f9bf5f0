"""What the configuration of a CodeBuild action asks for, or a sentence on what is wrong with it.

https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html
"""

import json
from typing import Any

from pipelines.core.catalogue.build import CODEBUILD
from pipelines.providers.codebuild_buildspec import VARIABLE_NAME, Artifact, Buildspec
from pipelines.providers.contract import Work

ACTION_TYPES = CODEBUILD
VALUES = ("name", "value", "type")


class Misconfigured(Exception):
    """The action cannot be done as it is configured; the message says what to change."""


def check_batch(work: Work) -> None:
    """Batch builds are many builds at once, which CodeBuild here does not do."""
    for key in ("BatchEnabled", "CombineArtifacts"):
        if work.configuration.get(key, "").lower() == "true":
            raise Misconfigured(f"{key} is true, but batch builds are not done here; leave it out.")


def primary_source(work: Work) -> str:
    """The input artifact that has the buildspec and that the commands begin in."""
    named = work.configuration.get("PrimarySource", "")
    inputs = list(work.input_artifacts)
    if not inputs:
        raise Misconfigured("The action needs an input artifact: the build runs in its files.")
    if not named and len(inputs) > 1:
        raise Misconfigured(
            "The action has more than one input artifact, so PrimarySource has to name the one"
            f" with the buildspec: {', '.join(inputs)}."
        )
    if named and named not in inputs:
        raise Misconfigured(
            f"PrimarySource {named!r} is not one of the input artifacts: {', '.join(inputs)}."
        )
    return named or inputs[0]


def environment_variables(work: Work) -> dict[str, str]:
    """The values of EnvironmentVariables, a JSON array of {name, value, type}."""
    text = work.configuration.get("EnvironmentVariables", "")
    if not text.strip():
        return {}
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Misconfigured(
            f"EnvironmentVariables is not JSON that can be read ({error}); write it as"
            ' [{"name": "A", "value": "1", "type": "PLAINTEXT"}].'
        ) from error
    if not isinstance(given, list):
        raise Misconfigured("EnvironmentVariables has to be a JSON array of objects.")
    return dict(_variable(each) for each in given)


def wanted_artifacts(work: Work, spec: Buildspec) -> dict[str, Artifact]:
    """Output artifact -> what of the buildspec it is made of.

    One output artifact is the primary one; of several, each is the secondary artifact whose
    identifier is its name.  Raises Misconfigured.
    """
    names = [output.name for output in work.output_artifacts]
    if not names:
        return {}
    if len(names) == 1:
        if not spec.artifacts or not spec.artifacts.files:
            raise Misconfigured(
                f"The action has the output artifact {names[0]}, so the buildspec needs"
                " artifacts/files: which files it is made of. (Secondary artifacts are for actions"
                " with several output artifacts.)"
            )
        return {names[0]: spec.artifacts}
    secondary = spec.artifacts.secondary_artifacts if spec.artifacts else {}
    if missing := [name for name in names if name not in secondary]:
        raise Misconfigured(
            "With several output artifacts, artifacts/secondary-artifacts of the buildspec needs"
            f" one of the name of each; {', '.join(missing)} is missing, there is:"
            f" {', '.join(secondary) or 'none'}."
        )
    return {name: secondary[name] for name in names}


def _variable(given: Any) -> tuple[str, str]:
    if not isinstance(given, dict) or not {"name", "value"} <= given.keys() <= set(VALUES):
        raise Misconfigured(
            f"EnvironmentVariables: every one is an object of {', '.join(VALUES)};"
            " name and value are needed."
        )
    name, value, kind = given["name"], given["value"], given.get("type", "PLAINTEXT")
    if not isinstance(name, str) or not VARIABLE_NAME.fullmatch(name):
        raise Misconfigured(
            f"EnvironmentVariables: {name!r} cannot be the name of an environment variable."
        )
    if kind != "PLAINTEXT":
        raise Misconfigured(
            f"EnvironmentVariables: {name} has the type {kind!r}; only PLAINTEXT can be given here:"
            " there is no Parameter Store and no Secrets Manager to ask."
        )
    if not isinstance(value, str) or "\0" in value:
        raise Misconfigured(f"EnvironmentVariables: the value of {name} has to be a string.")
    return name, value
