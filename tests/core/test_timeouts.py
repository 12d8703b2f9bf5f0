"""How long an action may take (AWS page "Quotas in AWS CodePipeline")."""

from datetime import timedelta

import pytest

from pipelines.core.action_types import ActionTypeId
from pipelines.core.timeouts import timeout_of


@pytest.mark.parametrize(
    ("category", "owner", "provider", "timeout"),
    [
        ("Approval", "AWS", "Manual", timedelta(days=7)),
        ("Build", "AWS", "CodeBuild", timedelta(hours=36)),
        ("Test", "AWS", "CodeBuild", timedelta(hours=8)),
        ("Compute", "AWS", "Commands", timedelta(minutes=55)),
        ("Deploy", "AWS", "S3", timedelta(minutes=90)),
        ("Source", "AWS", "S3", timedelta(hours=1)),
        ("Source", "AWS", "CodeCommit", timedelta(hours=1)),
        ("Deploy", "AWS", "CloudFormation", timedelta(days=3)),
        ("Deploy", "AWS", "CodeDeploy", timedelta(days=5)),
        ("Deploy", "AWS", "CodeDeployToECS", timedelta(days=5)),
        ("Deploy", "AWS", "ECS", timedelta(hours=1)),
        ("Invoke", "AWS", "Lambda", timedelta(hours=24)),
        ("Invoke", "AWS", "StepFunctions", timedelta(days=7)),
        ("Build", "Custom", "CodeBuild", timedelta(hours=24)),
        ("Test", "Custom", "Anything", timedelta(hours=24)),
        ("Rule", "AWS", "CodeBuild", timedelta(hours=8)),
        ("Rule", "AWS", "Commands", timedelta(minutes=55)),
        ("Rule", "AWS", "DeploymentWindow", timedelta(hours=24)),
        ("Rule", "AWS", "CloudWatchAlarm", timedelta(hours=24)),
        ("Rule", "AWS", "LambdaInvoke", timedelta(hours=1)),
    ],
)
def test_how_long_actions_of_a_type_may_take(category, owner, provider, timeout):
    assert timeout_of(ActionTypeId(category, owner, provider, "1")) == timeout


@pytest.mark.parametrize("owner", ["AWS", "Custom"])
def test_the_definition_has_the_last_word(owner):
    type_id = ActionTypeId("Approval", owner, "Manual", "1")

    assert timeout_of(type_id, declared_minutes=86_400) == timedelta(minutes=86_400)
