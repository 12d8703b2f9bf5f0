"""Who provides variables and who may refer to them: one row a way to go wrong."""

import pytest

from pipelines.core.structure import InvalidActionDeclaration
from tests.definitions import (
    approval,
    checked,
    commands,
    definition,
    s3_source,
    source,
    stage,
    with_actions,
)

FORMAT = (
    "Valid format for a pipeline execution variable reference is a namespace and a key "
    "separated by a period (.). "
)
GREETING = [{"name": "greeting", "defaultValue": "hello"}]
AT_ASK = "StageName=[Work], ActionName=[Ask]"


def asking(text, **members):
    """An approval that refers to variables."""
    return approval("Ask", configuration={"CustomData": text}, **members)


def after(fetch, *actions, **members):
    return definition(stages=[stage("Source", fetch), stage("Work", *actions)], **members)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            after(source(namespace="same"), approval(namespace="same")),
            (
                "Namespaces must be unique across the pipeline definition. "
                "The following occur more than once in the pipeline. "
                "StageName=[Source], ActionName=[Fetch], Namespace=[same]"
            ),
        ),
        (
            with_actions(approval(namespace="codepipeline")),
            f"The following namespaces are reserved. {AT_ASK}, Namespace=[codepipeline]",
        ),
        (
            with_actions(approval(namespace="variables"), variables=GREETING),
            f"The following namespaces are reserved. {AT_ASK}, Namespace=[variables]",
        ),
        (
            with_actions(approval(namespace="Code")),
            (
                f"Namespaces must not be the same as the name of an artifact. {AT_ASK}, "
                "Namespace=[Code]"
            ),
        ),
        (
            with_actions(asking("#{greeting}")),
            (
                f"{FORMAT}The following references do not have this format. {AT_ASK}, "
                "Reference=[#{greeting}]"
            ),
        ),
        (
            with_actions(asking("#{fetched.CommitId}")),
            (
                f"{FORMAT}The following pipeline execution variables are referencing "
                f"a namespace that does not exist. {AT_ASK}, "
                "ActionConfigurationReferencedNamespace=[fetched]"
            ),
        ),
        (
            with_actions(asking("#{variables.greeting}")),
            (
                f"{FORMAT}The following pipeline execution variables are referencing "
                f"a namespace that does not exist. {AT_ASK}, "
                "ActionConfigurationReferencedNamespace=[variables]"
            ),
        ),
        (
            with_actions(asking("#{built.VERSION}"), commands(namespace="built")),
            (
                "The following pipeline execution variables are referencing the namespace of an "
                f"action that does not run before. {AT_ASK}, "
                "ActionConfigurationReferencedNamespace=[built]"
            ),
        ),
        (
            with_actions(asking("#{own.Value}", namespace="own")),
            (
                "The following pipeline execution variables are referencing the namespace of an "
                f"action that does not run before. {AT_ASK}, "
                "ActionConfigurationReferencedNamespace=[own]"
            ),
        ),
        (
            with_actions(asking("#{codepipeline.PipelineName}")),
            (
                "The namespace codepipeline has the variable PipelineExecutionId only. "
                f"{AT_ASK}, ReferencedVariable=[PipelineName]"
            ),
        ),
        (
            with_actions(asking("#{variables.farewell}"), variables=GREETING),
            (
                "The following reference variables that the pipeline does not declare. "
                f"{AT_ASK}, ReferencedVariable=[farewell]"
            ),
        ),
        (
            after(
                s3_source(
                    configuration={"S3Bucket": "uploads", "S3ObjectKey": "#{variables.greeting}"}
                ),
                approval(),
                variables=GREETING,
            ),
            (
                "Source actions cannot refer to the variables of the pipeline. "
                "StageName=[Source], ActionName=[Fetch]"
            ),
        ),
        (
            with_actions(commands("Build", "make", "echo #{fetched.CommitId}")),
            (
                f"{FORMAT}The following pipeline execution variables are referencing "
                "a namespace that does not exist. StageName=[Work], ActionName=[Build], "
                "ActionConfigurationReferencedNamespace=[fetched]"
            ),
        ),
        (
            with_actions(commands(environment_variables=[{"name": "ID", "value": "#{id}"}])),
            (
                f"{FORMAT}The following references do not have this format. "
                "StageName=[Work], ActionName=[Build], Reference=[#{id}]"
            ),
        ),
    ],
)
def test_a_namespace_or_a_reference_that_breaks_a_rule(wrong, text):
    with pytest.raises(InvalidActionDeclaration) as refused:
        checked(wrong)

    assert refused.value.message == text


@pytest.mark.parametrize(
    "right",
    [
        after(source(namespace="fetched"), asking("#{fetched.CommitId} #{fetched.AnythingElse}")),
        after(source(), commands(namespace="built"), asking("#{built.V}", run_order=2)),
        after(source(), asking("#{built.V}", run_order=2), commands(namespace="built")),
        after(source(namespace="variables"), asking("#{variables.CommitId}")),
        with_actions(asking("#{variables.greeting}"), variables=GREETING),
        with_actions(asking("#{codepipeline.PipelineExecutionId}")),
        with_actions(approval(namespace="asked"), approval("Again", namespace="Asked")),
        with_actions(commands("Count", "echo ${#names[@]} # {not one} #{ nor this")),
    ],
)
def test_a_namespace_or_a_reference_that_is_right(right):
    assert checked(right)
