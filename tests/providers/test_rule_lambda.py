"""LambdaInvoke: a function at an endpoint, which may fail, hang up or not be there."""

import pytest

from pipelines.core.statuses import FailureCode
from pipelines.providers import rule_lambda
from pipelines.providers.contract import Failed, Succeeded
from tests.providers.endpoints import refusal, serving
from tests.providers.work import log_of, make_site, make_work


def work_at(folder, service, **configuration):
    site = make_site(folder, endpoints=service.at("lambda")) if service else make_site(folder)
    return make_work(folder, site=site, configuration={"FunctionName": "gate", **configuration})


@pytest.mark.parametrize(
    ("given", "event"),
    [
        (None, {}),
        ('{"level": 3}', {"level": 3}),
        ("level=3", {"UserParameters": "level=3"}),
        ("[1]", {"UserParameters": "[1]"}),
    ],
)
def test_the_function_gets_the_user_parameters_and_its_success_is_the_rules(tmp_path, given, event):
    with serving(lambda *_: {"fine": True}) as functions:
        work = work_at(tmp_path, functions, **({"UserParameters": given} if given else {}))
        outcome = rule_lambda.perform(work)

    assert isinstance(outcome, Succeeded), outcome
    assert functions.asked == [("/2015-03-31/functions/gate/invocations", event)]
    assert 'The function gate answered: {"fine": true}' in log_of(work)


def test_an_error_of_the_function_fails_the_rule(tmp_path):
    answer = {"errorType": "TooEarly", "errorMessage": "The tide is out"}
    with serving(lambda *_: answer) as functions:
        outcome = rule_lambda.perform(work_at(tmp_path, functions))

    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.JOB_FAILED
    assert "The tide is out" in outcome.message


def test_a_function_that_is_not_there_is_the_users_to_mend(tmp_path):
    answer = refusal("ResourceNotFoundException", "Function not found: gate", 404)
    with serving(lambda *_: answer) as functions:
        outcome = rule_lambda.perform(work_at(tmp_path, functions))

    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert "Function not found: gate" in outcome.message


def test_without_an_endpoint_it_says_what_to_set(tmp_path):
    outcome = rule_lambda.perform(work_at(tmp_path, None))

    assert isinstance(outcome, Failed)
    assert "PENSTOCK_ENDPOINT_LAMBDA" in outcome.message


def test_an_endpoint_that_is_gone_is_told(tmp_path):
    with serving(lambda *_: {}) as functions:
        work = work_at(tmp_path, functions)

    outcome = rule_lambda.perform(work)

    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.SYSTEM_UNAVAILABLE
