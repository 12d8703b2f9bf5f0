"""The rules of conditions: one row a way to break one; each is told before they are refused."""

import pytest

from pipelines.core.structure import InvalidStageDeclaration, InvalidValue
from tests.definitions import approval, checked, definition, source, stage

SAID = "Stage Work declares"


def rule(provider="VariableCheck", name="Check", **members):
    configuration = {"Variable": "#{variables.target}", "Value": "production", "Operator": "EQ"}
    type_id = {"category": "Rule", "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "ruleTypeId": type_id, "configuration": configuration, **members}


CHECK = {"Variable": "#{variables.target}", "Value": "production", "Operator": "EQ"}


def when(result, *rules):
    return {"conditions": [{"result": result, "rules": list(rules or [rule()])}]}


def guarded(*, mode="SUPERSEDED", **conditions):
    work = {**stage("Work", approval()), **conditions}
    variables = [{"name": "target", "defaultValue": "production"}]
    return definition(
        stages=[stage("Source", source()), work], execution_mode=mode, variables=variables
    )


ALARM = rule("CloudWatchAlarm", configuration={"AlarmName": "Errors"})


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            {"beforeEntry": when("ROLLBACK")},
            f"{SAID} beforeEntry with the result ROLLBACK. It must be one of [FAIL, SKIP]",
        ),
        (
            {"onSuccess": when("SKIP")},
            f"{SAID} onSuccess with the result SKIP. It must be one of [FAIL, ROLLBACK]",
        ),
        (
            {"mode": "PARALLEL", "onFailure": {"result": "ROLLBACK"}},
            (
                f"{SAID} onFailure with the result ROLLBACK, which is possible neither in the "
                "source stage nor in a pipeline with the execution mode PARALLEL"
            ),
        ),
        (
            {"beforeEntry": when("SKIP", rule(), {**ALARM, "name": "Errors"})},
            (
                f"{SAID} beforeEntry with the result SKIP, which is only possible with rules of "
                "the providers [LambdaInvoke, VariableCheck], and not with Errors"
            ),
        ),
        (
            {"onFailure": {"result": "RETRY"}},
            (
                f"{SAID} onFailure with the result RETRY and must declare retryMode in "
                "retryConfiguration"
            ),
        ),
        (
            {
                "onFailure": {
                    "result": "RETRY",
                    "retryConfiguration": {"retryMode": "ALL_ACTIONS"},
                    **when("ROLLBACK"),
                }
            },
            f"{SAID} onFailure with the result RETRY, which cannot be combined with conditions",
        ),
        (
            {"onFailure": when("RETRY")},
            f"{SAID} onFailure with the result RETRY, which cannot be combined with conditions",
        ),
        (
            {"onSuccess": when("FAIL", rule(), rule())},
            (f"{SAID} onSuccess. Rule names must be unique. Check has been used more than once."),
        ),
        (
            {"onSuccess": when("FAIL", rule("Coin"))},
            f"{SAID} onSuccess with the rule Check of an unknown provider Coin",
        ),
        (
            {"onSuccess": when("FAIL", rule("DeploymentWindow"))},
            f"{SAID} onSuccess with the rule Check, which must have the configuration 'Cron'",
        ),
        (
            {
                "onSuccess": when(
                    "FAIL", rule("DeploymentWindow", configuration={"Cron": "* * 25 ? * *"})
                )
            },
            (
                f"{SAID} onSuccess with the rule Check. The Cron expression has '25' as its hours, "
                "which goes from 0 to 23."
            ),
        ),
        (
            {
                "onSuccess": when(
                    "FAIL",
                    rule(
                        "DeploymentWindow",
                        configuration={"Cron": "* * * ? * *", "TimeZone": "Mars/Base"},
                    ),
                )
            },
            (
                f"{SAID} onSuccess with the rule Check. There is no time zone Mars/Base. Use "
                "Region/City, UTC+hh:mm or UTC-hh:mm."
            ),
        ),
        (
            {"onSuccess": when("FAIL", rule(configuration={**CHECK, "Operator": "LT"}))},
            (
                f"{SAID} onSuccess with the rule Check. VariableCheck has no operator LT: it is "
                "EQ, NE, CONTAINS or MATCHES."
            ),
        ),
        (
            {"onSuccess": when("FAIL", rule("LambdaInvoke"))},
            (
                f"{SAID} onSuccess with the rule Check, which must have the configuration "
                "'FunctionName'"
            ),
        ),
        (
            {"onSuccess": when("FAIL", rule(configuration={"Variable": "#{a.b}", "Value": "1"}))},
            f"{SAID} onSuccess with the rule Check, which must have the configuration 'Operator'",
        ),
        (
            {"onSuccess": when("FAIL", rule("Commands"))},
            (
                f"{SAID} onSuccess with the rule Check. Rules of the provider Commands must "
                "declare commands, and others cannot"
            ),
        ),
        (
            {"onSuccess": when("FAIL", rule(commands=["true"]))},
            (
                f"{SAID} onSuccess with the rule Check. Rules of the provider Commands must "
                "declare commands, and others cannot"
            ),
        ),
    ],
)
def test_a_condition_that_breaks_a_rule(wrong, text):
    with pytest.raises(InvalidStageDeclaration) as refused:
        checked(guarded(**wrong))

    assert refused.value.message == text


def test_nothing_is_rolled_back_in_the_source_stage():
    first = stage("Source", source(), on_failure={"result": "ROLLBACK"})

    with pytest.raises(InvalidStageDeclaration) as refused:
        checked(definition(stages=[first, stage("Ask", approval())]))

    assert refused.value.message == (
        "Stage Source declares onFailure with the result ROLLBACK, which is possible neither in "
        "the source stage nor in a pipeline with the execution mode PARALLEL"
    )


@pytest.mark.parametrize(
    "right",
    [
        {"beforeEntry": when("SKIP")},
        {"beforeEntry": when("FAIL", ALARM)},
        {"onSuccess": when("ROLLBACK", ALARM)},
        {
            "onSuccess": when(
                "FAIL", rule("DeploymentWindow", configuration={"Cron": "* * * ? * *"})
            )
        },
        {
            "onSuccess": when(
                "FAIL",
                rule(
                    "Commands",
                    commands=["true"],
                    configuration={},
                    inputArtifacts=[{"name": "Code"}],
                ),
            )
        },
        {"onFailure": when("ROLLBACK", ALARM)},
        {"beforeEntry": when("FAIL"), "onSuccess": when("FAIL"), "onFailure": when("ROLLBACK")},
    ],
)
def test_conditions_that_are_right(right):
    stored = checked(guarded(**right))["stages"][1]

    assert {name: stored[name] for name in right} == right


RETRY = {"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}


@pytest.mark.parametrize("right", [{"result": "FAIL"}, {"result": "ROLLBACK"}, RETRY])
def test_what_follows_from_a_failure_by_itself(right):
    assert checked(guarded(onFailure=right))["stages"][1]["onFailure"] == right


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"beforeEntry": {}}, "beforeEntry.conditions' failed to satisfy constraint: Member must"),
        ({"onSuccess": {"conditions": []}}, "must have length greater than or equal to 1"),
        (
            {"onSuccess": {"conditions": when("FAIL")["conditions"] * 2}},
            "must have length less than or equal to 1",
        ),
        ({"onSuccess": when("FAIL", *[ALARM] * 6)}, "must have length less than or equal to 5"),
        ({"onFailure": {"result": "ABORT"}}, "enum value set: [ROLLBACK, FAIL, RETRY, SKIP]"),
        (
            {"onFailure": {"retryConfiguration": {"retryMode": "SOME"}}},
            "enum value set: [FAILED_ACTIONS, ALL_ACTIONS]",
        ),
        (
            {"onSuccess": when("FAIL", rule(timeoutInMinutes=4))},
            "must have value greater than or equal to 5",
        ),
        (
            {"onSuccess": when("FAIL", rule(configuration={f"k{n}": "v" for n in range(201)}))},
            "must have length less than or equal to 200",
        ),
        (
            {"onSuccess": when("FAIL", rule(configuration={"Value": "v" * 10001}))},
            "must have length less than or equal to 10000",
        ),
    ],
)
def test_a_condition_that_has_not_the_shape_of_one(wrong, problem):
    with pytest.raises(InvalidValue) as refused:
        checked(guarded(**wrong))

    (found,) = refused.value.problems
    assert problem in found
    assert "'pipeline.stages.2.member." in found
