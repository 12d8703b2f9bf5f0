"""What holds for every action type of the table, whether it is done here or not."""

import pytest
from botocore.model import StringShape

from pipelines.api import model
from pipelines.core.structure import InvalidActionDeclaration
from pipelines.core.timeouts import timeout_of
from tests.action_types import (
    ACTION,
    EVERY_TYPE,
    acceptable,
    minimal_configuration,
    name_of,
    pipeline_around,
)
from tests.definitions import checked

of_every_type = pytest.mark.parametrize("action_type", EVERY_TYPE, ids=name_of)


def keys_of_every_type(selected):
    """(type, name of a key, key), with names for the tests."""
    rows = [
        pytest.param(each, name, key, id=f"{name_of(each)}-{name}")
        for each in EVERY_TYPE
        for name, key in each.configuration.items()
        if selected(key)
    ]
    return pytest.mark.parametrize(("action_type", "name", "key"), rows)


def longest(shape_name):
    """How long AWS allows a text to be."""
    shape = model.service().shape_for(shape_name)
    assert isinstance(shape, StringShape)
    return shape.metadata["max"]


def refusal_of(definition):
    with pytest.raises(InvalidActionDeclaration) as refused:
        checked(definition)
    return refused.value.message


@of_every_type
def test_the_least_that_a_type_asks_for_is_accepted(action_type):
    stored = checked(pipeline_around(action_type))

    assert (stored["pipelineType"] == "V2") is action_type.needs_v2


@of_every_type
def test_the_most_that_a_type_takes_is_accepted(action_type):
    several = len(action_type.input_artifacts) > 1
    configuration = {
        name: acceptable(key)
        for name, key in action_type.configuration.items()
        if key.names is None or several or key.required
    }

    assert checked(
        pipeline_around(
            action_type,
            inputs=action_type.input_artifacts.stop - 1,
            outputs=action_type.output_artifacts.stop - 1,
            configuration=configuration,
        )
    )


@keys_of_every_type(lambda key: key.required)
def test_a_required_key_that_is_missing_is_named(action_type, name, key):
    configuration = minimal_configuration(action_type)
    del configuration[name]

    assert refusal_of(pipeline_around(action_type, configuration=configuration)) == (
        f"Action configuration for action '{ACTION}' is missing required configuration '{name}'"
    )


@keys_of_every_type(lambda key: key.choices)
def test_a_value_that_is_no_choice_is_refused(action_type, name, key):
    configuration = {**minimal_configuration(action_type), name: "nonsense"}

    assert refusal_of(pipeline_around(action_type, configuration=configuration)) == (
        f"Action configuration for action '{ACTION}' must have one of"
        f" [{', '.join(key.choices)}] as '{name}'"
    )


@keys_of_every_type(lambda key: key.names)
def test_a_value_that_names_no_input_artifact_is_refused(action_type, name, key):
    inputs = max(action_type.input_artifacts.start, 1)
    value = acceptable(key).replace("In0", "Elsewhere")
    configuration = {**minimal_configuration(action_type), name: value}

    assert refusal_of(pipeline_around(action_type, inputs=inputs, configuration=configuration)) == (
        f"Action configuration for action '{ACTION}' names the artifact 'Elsewhere' as '{name}',"
        " which is none of its input artifacts"
    )


@of_every_type
def test_an_unknown_key_is_refused_where_the_keys_are_known(action_type):
    configuration = {**minimal_configuration(action_type), "Colour": "red"}
    definition = pipeline_around(action_type, configuration=configuration)

    if action_type.takes_any_configuration:
        assert checked(definition)
    else:
        assert refusal_of(definition) == (
            f"Action configuration for action '{ACTION}' contains unknown configuration 'Colour'"
        )


@of_every_type
@pytest.mark.parametrize("kind", ["input", "output"])
def test_one_artifact_too_many_is_refused(action_type, kind):
    allowed = getattr(action_type, f"{kind}_artifacts")
    definition = pipeline_around(action_type, **{f"{kind}s": allowed.stop})

    assert refusal_of(definition) == (
        f"Action {ACTION} declares {allowed.stop} {kind} artifacts which is more than"
        f" the maximum count ({allowed.stop - 1})"
    )


@pytest.mark.parametrize(
    ("action_type", "kind"),
    [
        pytest.param(each, kind, id=f"{name_of(each)}-{kind}")
        for each in EVERY_TYPE
        for kind in ("input", "output")
        if getattr(each, f"{kind}_artifacts").start
    ],
)
def test_one_artifact_too_few_is_refused(action_type, kind):
    least = getattr(action_type, f"{kind}_artifacts").start
    definition = pipeline_around(action_type, **{f"{kind}s": least - 1})

    assert refusal_of(definition) == (
        f"Action {ACTION} declares {least - 1} {kind} artifacts which is less than"
        f" the minimum count ({least})"
    )


@of_every_type
def test_only_what_needs_v2_is_refused_in_v1(action_type):
    definition = pipeline_around(action_type, pipeline_type="V1")

    if action_type.needs_v2:
        assert refusal_of(definition) == (
            f"Action {ACTION} uses the provider {action_type.id.provider},"
            " which can only be used in a pipeline of pipelineType V2"
        )
    else:
        assert checked(definition)["pipelineType"] == "V1"


@of_every_type
def test_only_commands_and_eks_take_environment_variables(action_type):
    definition = pipeline_around(action_type)
    [tried] = [
        each
        for stage in definition["stages"]
        for each in stage["actions"]
        if each["name"] == ACTION
    ]
    tried["environmentVariables"] = [{"name": "A", "value": "b"}]

    if action_type.id.provider in {"Commands", "EKS"}:
        assert checked(definition)
    else:
        assert refusal_of(definition) == (
            f"Action {ACTION} declares environmentVariables,"
            f" which actions of the provider {action_type.id.provider} cannot have"
        )


@of_every_type
def test_the_table_and_the_engine_agree_on_the_timeout(action_type):
    assert timeout_of(action_type.id).total_seconds() == action_type.timeout_minutes * 60


@of_every_type
def test_what_people_read_of_a_type_fits(action_type):
    assert action_type.label
    for name, key in action_type.configuration.items():
        assert len(name) <= longest("ActionConfigurationKey")
        assert 0 < len(key.description) <= longest("Description")


@of_every_type
def test_only_secrets_and_unpublished_keys_are_hidden(action_type):
    hidden = {name for name in action_type.configuration if action_type.is_secret(name)}

    assert hidden == {
        "GitHub": {"OAuthToken"},
        "AlexaSkillsKit": {"ClientSecret", "RefreshToken"},
    }.get(action_type.id.provider, set())
    assert action_type.is_secret("Colour") is action_type.takes_any_configuration


def test_what_needs_v2_is_what_aws_says():
    assert {name_of(each) for each in EVERY_TYPE if each.needs_v2} == {
        "Build-AWS-ECRBuildAndPublish",
        "Compute-AWS-Commands",
        "Deploy-AWS-EC2",
        "Deploy-AWS-EKS",
        "Deploy-AWS-Lambda",
        "Invoke-AWS-CodePipeline",
    }
