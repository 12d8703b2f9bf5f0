"""Members that are missing, or hold what they may not: one row a constraint, in AWS's words."""

import pytest

from pipelines.core.structure import InvalidValue
from tests.definitions import approval, checked, commands, definition, source, stage, with_actions

NAME_PATTERN = "satisfy regular expression pattern: [A-Za-z0-9.@\\-_]+"
AT_ACTION = "pipeline.stages.2.member.actions.1.member"


def problems_of(wrong):
    with pytest.raises(InvalidValue) as refused:
        checked(wrong)
    return refused.value.problems


def constraint(problem):
    before, _, after = problem.partition(" failed to satisfy constraint: Member must ")
    place = before.partition(" at ")[2].strip("'")
    return place, after


@pytest.mark.parametrize(
    ("members", "place", "must"),
    [
        ({"name": None}, "name", "not be null"),
        ({"name": 7}, "name", "be a string"),
        ({"name": "my pipeline"}, "name", NAME_PATTERN),
        ({"name": "pípeline"}, "name", NAME_PATTERN),
        ({"name": "pipeline\n"}, "name", NAME_PATTERN),
        ({"name": "x" * 101}, "name", "have length less than or equal to 100"),
        ({"role_arn": None}, "roleArn", "not be null"),
        (
            {"role_arn": "penstock"},
            "roleArn",
            "satisfy regular expression pattern: arn:aws(-[\\w]+)*:iam::[0-9]{12}:role/.*",
        ),
        ({"stages": {}}, "stages", "be a list"),
        ({"stages": [None]}, "stages.1.member", "not be null"),
        ({"stages": ["Source"]}, "stages.1.member", "be a structure"),
        ({"version": 0}, "version", "have value greater than or equal to 1"),
        ({"version": True}, "version", "be an integer"),
        ({"version": 1.0}, "version", "be an integer"),
        (
            {"execution_mode": "superseded"},
            "executionMode",
            "satisfy enum value set: [QUEUED, SUPERSEDED, PARALLEL]",
        ),
        ({"pipeline_type": "V3"}, "pipelineType", "satisfy enum value set: [V1, V2]"),
        ({"artifact_store": {"location": "artifacts"}}, "artifactStore.type", "not be null"),
        (
            {"artifact_store": {"type": "S4", "location": "artifacts"}},
            "artifactStore.type",
            "satisfy enum value set: [S3]",
        ),
        (
            {"artifact_store": {"type": "S3", "location": "ab"}},
            "artifactStore.location",
            "have length greater than or equal to 3",
        ),
        (
            {"artifact_store": {"type": "S3", "location": "abc", "encryptionKey": {"id": "k"}}},
            "artifactStore.encryptionKey.type",
            "not be null",
        ),
        ({"artifact_stores": []}, "artifactStores", "be a map"),
        (
            {"artifact_stores": {"eu": {}}},
            "artifactStores.key",
            "have length greater than or equal to 4",
        ),
        ({"artifact_stores": {7: {}}}, "artifactStores.key", "be a string"),
        ({"variables": [{}]}, "variables.1.member.name", "not be null"),
        (
            {"variables": [{"name": "target", "defaultValue": ""}]},
            "variables.1.member.defaultValue",
            "have length greater than or equal to 1",
        ),
        (
            {"variables": [{"name": "target", "description": "x" * 201}]},
            "variables.1.member.description",
            "have length less than or equal to 200",
        ),
        (
            {"variables": [{"name": f"v{number}"} for number in range(51)]},
            "variables",
            "have length less than or equal to 50",
        ),
        ({"triggers": {}}, "triggers", "be a list"),
    ],
)
def test_a_member_of_the_pipeline_that_is_not_right(members, place, must):
    (problem,) = problems_of({**definition(), **definition(**members)})

    assert constraint(problem) == (f"pipeline.{place}", must)


@pytest.mark.parametrize(
    ("members", "place", "must"),
    [
        ({"run_order": 0}, "runOrder", "have value greater than or equal to 1"),
        ({"run_order": 1000}, "runOrder", "have value less than or equal to 999"),
        ({"run_order": "1"}, "runOrder", "be an integer"),
        ({"action_type_id": None}, "actionTypeId", "not be null"),
        ({"configuration": []}, "configuration", "be a map"),
        (
            {"configuration": {"": "x"}},
            "configuration.key",
            "have length greater than or equal to 1",
        ),
        (
            {"configuration": {"Data": ""}},
            "configuration.Data.member",
            "have length greater than or equal to 1",
        ),
        (
            {"configuration": {"Data": "x" * 1001}},
            "configuration.Data.member",
            "have length less than or equal to 1000",
        ),
        ({"configuration": {"Data": 7}}, "configuration.Data.member", "be a string"),
        (
            {"configuration": {"Data": "\0"}},
            "configuration.Data.member",
            "be text without null characters and lone surrogates",
        ),
        (
            {"configuration": {"Data": "\ud800"}},
            "configuration.Data.member",
            "be text without null characters and lone surrogates",
        ),
        ({"commands": []}, "commands", "have length greater than or equal to 1"),
        ({"commands": ["x"] * 51}, "commands", "have length less than or equal to 50"),
        (
            {"commands": ["make\nmake install"]},
            "commands.1.member",
            "satisfy regular expression pattern: [^\\r\\n]+",
        ),
        (
            {"input_artifacts": [{"name": "my.zip"}]},
            "inputArtifacts.1.member.name",
            "satisfy regular expression pattern: [a-zA-Z0-9_\\-]+",
        ),
        (
            {"output_artifacts": [{"name": "Site", "files": []}]},
            "outputArtifacts.1.member.files",
            "have length greater than or equal to 1",
        ),
        (
            {"output_variables": ["x"] * 16},
            "outputVariables",
            "have length less than or equal to 15",
        ),
        (
            {"environment_variables": [{"name": "A-B", "value": "x"}]},
            "environmentVariables.1.member.name",
            "satisfy regular expression pattern: [A-Za-z0-9_]+",
        ),
        (
            {"environment_variables": [{"name": "A", "value": "x", "type": "PLAIN"}]},
            "environmentVariables.1.member.type",
            "satisfy enum value set: [PLAINTEXT, SECRETS_MANAGER]",
        ),
        (
            {"namespace": "a.b"},
            "namespace",
            "satisfy regular expression pattern: [A-Za-z0-9@\\-_]+",
        ),
        ({"region": "eu"}, "region", "have length greater than or equal to 4"),
        ({"timeout_in_minutes": 4}, "timeoutInMinutes", "have value greater than or equal to 5"),
        (
            {"timeout_in_minutes": 86401},
            "timeoutInMinutes",
            "have value less than or equal to 86400",
        ),
    ],
)
def test_a_member_of_an_action_that_is_not_right(members, place, must):
    (problem,) = problems_of(with_actions(commands(**members)))

    assert constraint(problem) == (f"{AT_ACTION}.{place}", must)


@pytest.mark.parametrize(
    ("member", "value"),
    [("category", "Compile"), ("owner", "Me"), ("provider", "x" * 36), ("version", "1.0")],
)
def test_an_action_type_id_that_is_not_right(member, value):
    wrong = approval()
    wrong["actionTypeId"][member] = value

    (problem,) = problems_of(with_actions(wrong))

    assert constraint(problem)[0] == f"{AT_ACTION}.actionTypeId.{member}"


def test_the_text_is_that_of_aws():
    with pytest.raises(InvalidValue) as refused:
        checked(with_actions(approval("Ask me")))

    assert refused.value.message == (
        "1 validation error detected: Value 'Ask me' at "
        "'pipeline.stages.2.member.actions.1.member.name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [A-Za-z0-9.@\\-_]+"
    )


def test_everything_that_is_wrong_is_reported_at_once():
    with pytest.raises(InvalidValue) as refused:
        checked({"name": "", "stages": [stage("Source", source(run_order=0))]})

    assert refused.value.message.startswith(
        "4 validation errors detected: "
        "Value '' at 'pipeline.name' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; Value '' at 'pipeline.name'"
    )
    assert "Value null at 'pipeline.roleArn'" in refused.value.message
    assert "Value '0' at 'pipeline.stages.1.member.actions.1.member.runOrder'" in str(refused.value)


def test_a_complaint_never_repeats_a_value_that_may_be_secret():
    secret = "hunter2" * 1000
    wrong = commands(
        configuration={"Token": secret}, environment_variables=[{"name": "KEY", "value": secret}]
    )

    problems = problems_of(with_actions(wrong))

    assert len(problems) == 2
    assert not any("hunter2" in problem for problem in problems)
