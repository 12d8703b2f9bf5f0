"""The rules of actions: one row a way to break one."""

import pytest

from pipelines.core.action_types import ActionTypeId
from pipelines.core.structure import InvalidActionDeclaration
from tests.definitions import (
    REGION,
    action,
    approval,
    checked,
    commands,
    definition,
    deploy,
    s3_source,
    source,
    stage,
    with_actions,
)

STORE = {"type": "S3", "location": "artifacts"}
LAMBDA = ActionTypeId("Invoke", "AWS", "Lambda", "1")
JENKINS = ActionTypeId("Build", "Custom", "Jenkins", "1")


def from_source(*actions, **members):
    return definition(stages=[stage("Source", *actions), stage("Ask", approval())], **members)


def across_regions(*actions):
    """Two regions, each with its store."""
    whole = from_source(*actions, artifact_stores={REGION: STORE, "us-east-1": STORE})
    del whole["artifactStore"]
    return whole


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            with_actions(action("Call", JENKINS)),
            (
                "ActionType (Category: 'Build', Provider: 'Jenkins', Owner: 'Custom', "
                "Version: '1') in action 'Call' is not available in region 'EU_CENTRAL_1'"
            ),
        ),
        (
            with_actions(action("Call", LAMBDA._replace(version="2"))),
            (
                "ActionType (Category: 'Invoke', Provider: 'Lambda', Owner: 'AWS', Version: '2') "
                "in action 'Call' is not available in region 'EU_CENTRAL_1'"
            ),
        ),
        (
            with_actions(commands(), pipeline_type="V1"),
            (
                "Action Build uses the provider Commands, "
                "which can only be used in a pipeline of pipelineType V2"
            ),
        ),
        (
            across_regions(source(region="us-east-1")),
            (
                "Action Fetch cannot be in region us-east-1: source actions, third-party actions "
                "and custom actions must be in the region of the pipeline"
            ),
        ),
        (
            with_actions(commands(inputs=[])),
            "Action Build declares 0 input artifacts which is less than the minimum count (1)",
        ),
        (
            with_actions(approval(inputs=["Code"])),
            "Action Ask declares 1 input artifacts which is more than the maximum count (0)",
        ),
        (
            with_actions(deploy(outputs=["Site"])),
            "Action Publish declares 1 output artifacts which is more than the maximum count (0)",
        ),
        (
            from_source(source(output_artifacts=[])),
            "Action Fetch declares 0 output artifacts which is less than the minimum count (1)",
        ),
        (
            from_source(s3_source(configuration={"S3Bucket": "uploads"})),
            (
                "Action configuration for action 'Fetch' is missing required configuration "
                "'S3ObjectKey'"
            ),
        ),
        (
            with_actions(approval(configuration={"Colour": "red"})),
            "Action configuration for action 'Ask' contains unknown configuration 'Colour'",
        ),
        (
            with_actions(deploy(configuration={"BucketName": "public", "Extract": "yes"})),
            "Action configuration for action 'Publish' must have one of [true, false] as 'Extract'",
        ),
        (
            with_actions(commands(timeout_in_minutes=30)),
            (
                "Action Build declares timeoutInMinutes, "
                "which actions of the provider Commands cannot have"
            ),
        ),
        (
            with_actions(commands(commands=None)),
            "Action Build must declare commands",
        ),
        (
            with_actions(approval(commands=["make"])),
            "Action Ask declares commands, which actions of the provider Manual cannot have",
        ),
        (
            with_actions(approval(output_variables=["VERSION"])),
            "Action Ask declares outputVariables, which actions of the provider Manual cannot have",
        ),
        (
            with_actions(approval(environment_variables=[{"name": "A", "value": "b"}])),
            (
                "Action Ask declares environmentVariables, "
                "which actions of the provider Manual cannot have"
            ),
        ),
        (
            from_source(source(output_artifacts=[{"name": "Code", "files": ["**"]}])),
            (
                "Action Fetch declares files in its outputArtifacts, "
                "which actions of the provider CodeCommit cannot have"
            ),
        ),
        (
            with_actions(
                commands(
                    environment_variables=[
                        {"name": "TOKEN", "value": "arn", "type": "SECRETS_MANAGER"}
                    ]
                )
            ),
            (
                "Environment variable TOKEN in action Build is of type SECRETS_MANAGER, "
                "which is not available in this version of Penstock. Use PLAINTEXT."
            ),
        ),
        (
            with_actions(
                commands(
                    environment_variables=[
                        {"name": "A", "value": "1"},
                        {"name": "A", "value": "2", "type": "PLAINTEXT"},
                    ]
                )
            ),
            (
                "Environment variable names must be unique within an action. "
                "A in action Build has been used more than once."
            ),
        ),
    ],
)
def test_an_action_that_breaks_a_rule(wrong, text):
    with pytest.raises(InvalidActionDeclaration) as refused:
        checked(wrong)

    assert refused.value.message == text


@pytest.mark.parametrize(
    "right",
    [
        with_actions(approval(timeout_in_minutes=86400, region=REGION)),
        with_actions(approval(configuration={"CustomData": "Is it good?"})),
        with_actions(commands(environment_variables=[{"name": "A", "value": "b"}])),
        with_actions(commands(configuration={"ComputeType": "BUILD_GENERAL1_SMALL"})),
        across_regions(source(region=REGION)),
        from_source(source(), s3_source("Assets", output="Assets")),
        with_actions(
            deploy(configuration={"BucketName": "public", "Extract": "#{variables.extract}"}),
            variables=[{"name": "extract"}],
        ),
    ],
)
def test_an_action_that_goes_to_the_limit_of_a_rule(right):
    assert checked(right)
