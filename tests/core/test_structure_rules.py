"""The rules of the pipeline and of its stages: one row a way to break one."""

import pytest

from pipelines.core.structure import (
    InvalidBlockerDeclaration,
    InvalidStageDeclaration,
    InvalidStructure,
)
from tests.definitions import (
    REGION,
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
FETCH = stage("Source", source())
ASK = stage("Ask", approval())


def without_store(**members):
    return {
        name: member
        for name, member in with_actions(approval(), **members).items()
        if name != "artifactStore"
    }


def many_stages(*, stages, actions):
    later = [
        stage(f"S{number}", *(approval(f"A{action}") for action in range(actions)))
        for number in range(1, stages)
    ]
    return definition(stages=[FETCH, *later])


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            definition(stages=[]),
            "Pipeline has only 0 stage(s). There should be a minimum of 2 stages in a pipeline",
        ),
        (
            definition(stages=[FETCH]),
            "Pipeline has only 1 stage(s). There should be a minimum of 2 stages in a pipeline",
        ),
        (
            many_stages(stages=51, actions=1),
            "Pipeline has 51 stages. There should be a maximum of 50 stages in a pipeline",
        ),
        (
            definition(stages=[FETCH, ASK, ASK]),
            "Stage name must be unique within the pipeline. Ask has been used more than once.",
        ),
        (
            with_actions(approval(), variables=[{"name": "target"}, {"name": "target"}]),
            (
                "Variable name must be unique within the pipeline. "
                "target has been used more than once."
            ),
        ),
        (
            without_store(),
            ("Pipeline must have either artifactStore or artifactStores, but neither was found"),
        ),
        (
            with_actions(approval(), artifact_stores={REGION: STORE}),
            "Pipeline must have either artifactStore or artifactStores, but both were found",
        ),
        (
            without_store(artifact_stores={"us-east-1": STORE}),
            (
                "Pipeline must have an artifact store in every region of its actions: "
                "artifactStores has no entry for eu-central-1"
            ),
        ),
        (
            with_actions(approval(region="us-east-1")),
            (
                "Pipeline must have an artifact store in every region of its actions: "
                "artifactStores has no entry for us-east-1"
            ),
        ),
        (
            definition(stages=[stage("Source"), ASK]),
            "Pipeline should start with a stage that only contains source actions",
        ),
        (
            definition(stages=[ASK, FETCH]),
            "Pipeline should start with a stage that only contains source actions",
        ),
        (
            definition(stages=[stage("Source", source(), approval()), ASK]),
            "Pipeline should start with a stage that only contains source actions",
        ),
        (
            with_actions(approval(), s3_source("Late", output="Other")),
            (
                "Source actions are only allowed in the first stage. "
                "StageName=[Work], ActionName=[Late]"
            ),
        ),
        (
            many_stages(stages=12, actions=50),
            "Pipeline has 551 actions. There should be a maximum of 500 actions in a pipeline",
        ),
        (
            with_actions(commands("A", outputs=["Site"]), commands("B", outputs=["Site"])),
            (
                "Output Artifact Bundle name must be unique within the pipeline. "
                "Site has been used more than once."
            ),
        ),
        (
            with_actions(commands(outputs=["Site", "Site"])),
            (
                "Output Artifact Bundle name must be unique within the pipeline. "
                "Site has been used more than once."
            ),
        ),
        (
            with_actions(deploy(inputs=["Nothing"])),
            (
                "Input Artifact Bundle Nothing in action Publish is not declared as "
                "Output Artifact Bundle in any of the preceding actions"
            ),
        ),
        (
            with_actions(commands(outputs=["Site"]), deploy(inputs=["Site"])),
            (
                "Input Artifact Bundle Site in action Publish is not declared as "
                "Output Artifact Bundle in any of the preceding actions"
            ),
        ),
        (
            with_actions(commands(inputs=["Site"], outputs=["Site"])),
            (
                "Input Artifact Bundle Site in action Build is not declared as "
                "Output Artifact Bundle in any of the preceding actions"
            ),
        ),
        (
            definition(
                stages=[
                    FETCH,
                    stage("Deploy", deploy(inputs=["Site"])),
                    stage("Build", commands(outputs=["Site"])),
                ]
            ),
            (
                "Input Artifact Bundle Site in action Publish is not declared as "
                "Output Artifact Bundle in any of the preceding actions"
            ),
        ),
    ],
)
def test_a_pipeline_that_breaks_a_rule(wrong, text):
    with pytest.raises(InvalidStructure) as refused:
        checked(wrong)

    assert refused.value.message == text


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (stage("Work"), "Stage Work has no actions. There should be a minimum of 1 action"),
        (
            stage("Work", *(approval(f"A{number}") for number in range(51))),
            "Stage Work has 51 actions. There should be a maximum of 50 actions in a stage",
        ),
        (
            stage("Work", approval("Ask"), approval("Ask", run_order=2)),
            "Action name must be unique within the stage Work. Ask has been used more than once.",
        ),
    ],
)
def test_a_stage_that_breaks_a_rule(wrong, text):
    with pytest.raises(InvalidStageDeclaration) as refused:
        checked(definition(stages=[FETCH, wrong]))

    assert refused.value.message == text


def test_blockers_are_reserved():
    wrong = stage("Work", approval(), blockers=[{"name": "Night", "type": "Schedule"}])

    with pytest.raises(InvalidBlockerDeclaration) as refused:
        checked(definition(stages=[FETCH, wrong]))

    assert refused.value.message == (
        "Stage Work declares blockers, which are reserved for future use"
    )


@pytest.mark.parametrize(
    "right",
    [
        many_stages(stages=50, actions=1),
        many_stages(stages=10, actions=50),
        definition(stages=[FETCH, stage("One", approval("Ask")), stage("Two", approval("Ask"))]),
        with_actions(approval(), triggers=[], variables=[]),
        definition(stages=[FETCH, stage("Work", approval(), blockers=[])]),
        without_store(artifact_stores={REGION: STORE, "us-east-1": STORE}),
        with_actions(commands(outputs=["Site"]), deploy(inputs=["Site"], run_order=2)),
        with_actions(deploy(inputs=["Site"], run_order=9), commands(outputs=["Site"], run_order=3)),
        with_actions(commands("A"), commands("B")),
    ],
)
def test_a_pipeline_that_goes_to_the_limit_of_a_rule(right):
    assert checked(right)


def test_the_pipeline_comes_before_its_stages_and_these_before_their_actions():
    wrong_action = commands(inputs=[])
    wrong_stage = stage("Work", wrong_action, wrong_action)

    with pytest.raises(InvalidStructure):
        checked(definition(stages=[FETCH, wrong_stage, wrong_stage]))
    with pytest.raises(InvalidStageDeclaration):
        checked(definition(stages=[FETCH, wrong_stage]))
