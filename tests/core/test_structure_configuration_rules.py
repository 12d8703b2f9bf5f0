"""The rules of configurations, on a type that has one key of each kind."""

import pytest

from pipelines.core.action_types import ActionType, ActionTypeId, ConfigurationKey, Names
from pipelines.core.plan import ActionPlan
from pipelines.core.structure_configuration_rules import configuration

TRIAL = ActionType(
    id=ActionTypeId("Build", "Custom", "Trial", "1"),
    label="Trial",
    input_artifacts=range(3),
    output_artifacts=range(1),
    configuration={
        "Project": ConfigurationKey(queryable=True),
        "Mode": ConfigurationKey(choices=("fast", "slow")),
        "Primary": ConfigurationKey(names=Names.ARTIFACT, required_with_several_inputs=True),
        "Template": ConfigurationKey(names=Names.FILE),
    },
)


def failures(inputs=("Code",), **given):
    plan = ActionPlan(
        name="Try", type_id=TRIAL.id, run_order=1, configuration=given, input_artifacts=inputs
    )
    said = "Action configuration for action 'Try' "
    found = list(configuration(plan, TRIAL))
    assert all(each.startswith(said) for each in found)
    return [each.removeprefix(said) for each in found]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Project": "a_b-C9"},
        {"Project": "x" * 20},
        {"Project": "#{variables.project_with_a_long_name}"},
        {"Mode": "fast"},
        {"Mode": "#{variables.mode}"},
        {"Primary": "Code"},
        {"Primary": "#{variables.primary}"},
        {"Template": "Code::folder/template.yaml"},
        {"Template": "Code::a::b"},
        {"Template": "#{variables.artifact}::template.yaml"},
    ],
)
def test_what_is_accepted(given):
    assert failures(**given) == []


@pytest.mark.parametrize("value", ["", "x" * 21, "a b", "ä", "a\n"])
def test_a_queryable_value_is_short_and_plain(value):
    assert failures(Project=value) == [
        "must have 1 to 20 letters, digits, hyphens or underscores as 'Project'"
    ]


@pytest.mark.parametrize("value", ["template.yaml", "Code::", "Code:template.yaml", "Code"])
def test_a_file_is_written_after_its_artifact(value):
    assert failures(Template=value) == [
        "must have a file of an input artifact, as Artifact::file, as 'Template'"
    ]


@pytest.mark.parametrize("value", ["Site::template.yaml", "::template.yaml", "code::t.yaml"])
def test_a_file_is_in_an_input_artifact(value):
    artifact = value.partition("::")[0]

    assert failures(Template=value) == [
        f"names the artifact '{artifact}' as 'Template', which is none of its input artifacts"
    ]


def test_the_primary_source_is_an_input_artifact():
    assert failures(Primary="Site") == [
        "names the artifact 'Site' as 'Primary', which is none of its input artifacts"
    ]


def test_several_inputs_need_a_primary_one():
    both = ("Code", "Assets")

    assert failures(inputs=both) == ["is missing required configuration 'Primary'"]
    assert failures(inputs=both, Primary="Assets") == []
