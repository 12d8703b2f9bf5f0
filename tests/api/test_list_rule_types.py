"""ListRuleTypes."""

from typing import Any

from pipelines.api import dispatch, model
from pipelines.core.rule_types import RULE_TYPES
from tests.api.shapes import violations
from tests.engine_room import ALICE


def listed(**given):
    output: Any = dispatch.perform("ListRuleTypes", given, by=ALICE)
    assert set(output) == {"ruleTypes"}
    return {each["id"]["provider"]: each for each in output["ruleTypes"]}


def test_every_rule_of_aws_is_listed():
    assert set(listed()) == {
        "CloudWatchAlarm",
        "CodeBuild",
        "Commands",
        "DeploymentWindow",
        "LambdaInvoke",
        "VariableCheck",
    }


def test_the_output_is_as_the_service_model_says_but_for_a_number_that_is_larger():
    shape = model.service().operation_model("ListRuleTypes").output_shape

    assert list(violations({"ruleTypes": list(listed().values())}, shape, "")) == [
        ".ruleTypes.2.inputArtifactDetails.maximumCount: 10 is more than 5"
    ]


def test_a_rule_as_a_whole():
    assert listed()["LambdaInvoke"] == {
        "id": {"category": "Rule", "owner": "AWS", "provider": "LambdaInvoke", "version": "1"},
        "ruleConfigurationProperties": [
            {
                "name": "FunctionName",
                "required": True,
                "key": True,
                "secret": False,
                "queryable": False,
                "description": "The name of the function.",
                "type": "String",
            },
            {
                "name": "UserParameters",
                "required": False,
                "key": False,
                "secret": False,
                "queryable": False,
                "description": "A text that the function gets with its event.",
                "type": "String",
            },
        ],
        "inputArtifactDetails": {"minimumCount": 0, "maximumCount": 5},
    }


def test_what_each_rule_requires():
    required = {
        provider: [key["name"] for key in each["ruleConfigurationProperties"] if key["required"]]
        for provider, each in listed().items()
    }

    assert required == {
        "CloudWatchAlarm": ["AlarmName"],
        "CodeBuild": ["ProjectName"],
        "Commands": [],
        "DeploymentWindow": ["Cron"],
        "LambdaInvoke": ["FunctionName"],
        "VariableCheck": ["Variable", "Value", "Operator"],
    }


def test_filters_that_leave_nothing_out():
    assert listed(ruleOwnerFilter="AWS") == listed()
    assert listed(regionFilter="ap-southeast-2") == listed()


def test_only_two_rules_can_skip_a_stage():
    assert {id_.provider for id_, each in RULE_TYPES.items() if each.can_skip} == {
        "LambdaInvoke",
        "VariableCheck",
    }


def test_only_commands_takes_commands():
    assert [each.id.provider for each in RULE_TYPES.values() if each.takes_commands] == ["Commands"]
