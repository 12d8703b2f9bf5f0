"""What rules of conditions may refer to: what was made before they are checked."""

import pytest

from pipelines.core.structure import InvalidStageDeclaration
from tests.definitions import checked, commands, definition, rule, source, stage, when

REFERRING = {"Variable": "#{Told.level}", "Value": "3", "Operator": "EQ"}


def guarded(**conditions):
    """Build fills the namespace Told, and makes the artifact Site."""
    build = stage("Build", commands("Compile", outputs=["Site"], namespace="Told"), **conditions)
    return definition(stages=[stage("Source", source()), build, stage("Ask", commands("Try"))])


def needing(artifact):
    return rule("Commands", commands=["true"], inputs=[artifact])


@pytest.mark.parametrize("member", ["on_success", "on_failure"])
def test_what_the_stage_made_can_be_looked_at_once_it_is_done(member):
    result = "FAIL" if member == "on_success" else "ROLLBACK"
    condition = when(result, rule(configuration=REFERRING), needing_named("Site"))

    checked(guarded(**{member: condition}))


def needing_named(artifact):
    return {**needing(artifact), "name": "Look"}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (rule(configuration=REFERRING), "an action that does not run before"),
        (needing("Site"), "Input Artifact Bundle Site in rule Check is not declared"),
        (
            rule(configuration={**REFERRING, "Variable": "#{Nobody.level}"}),
            "a namespace that does not exist",
        ),
        (
            rule(configuration={**REFERRING, "Variable": "#{codepipeline.Name}"}),
            "has the variable PipelineExecutionId only",
        ),
        (
            rule(configuration={**REFERRING, "Variable": "#{level}"}),
            "references do not have this format",
        ),
        (rule("Commands", commands=["true"]), "0 input artifacts which is less than"),
        (
            rule("DeploymentWindow", configuration={"Cron": "* * * ? * *"}, inputs=["Code"]),
            "1 input artifacts which is more than the maximum count (0)",
        ),
    ],
)
def test_before_entry_there_is_only_what_earlier_stages_made(wrong, why):
    with pytest.raises(InvalidStageDeclaration) as refused:
        checked(guarded(before_entry=when("FAIL", wrong)))

    assert why in refused.value.message
    assert "Check" in refused.value.message
