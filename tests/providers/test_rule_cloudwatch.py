"""CloudWatchAlarm: an alarm at an endpoint, looked at until it is as it should be."""

import pytest

from pipelines.core.statuses import FailureCode
from pipelines.providers import rule_cloudwatch
from pipelines.providers.contract import Failed, Succeeded
from tests.providers.endpoints import refusal, serving
from tests.providers.work import log_of, make_site, make_work


def alarm(*states, kind="MetricAlarms"):
    """An endpoint whose alarm has these states, one look after the other."""
    left = list(states)

    def answer(*_):
        state = left.pop(0) if len(left) > 1 else left[0]
        return {kind: [{"AlarmName": "Errors", "StateValue": state}]}

    return answer


def watching(folder, answer, *, is_lost=lambda: False, **configuration):
    with serving(answer) as service:
        work = make_work(
            folder,
            site=make_site(folder, endpoints=service.at("cloudwatch")),
            configuration={"AlarmName": "Errors", **configuration},
            is_lost=is_lost,
        )
        return rule_cloudwatch.perform(work), work, service


@pytest.mark.parametrize("kind", ["MetricAlarms", "CompositeAlarms"])
def test_an_alarm_that_is_fine_is_enough(tmp_path, kind):
    outcome, _, service = watching(tmp_path, alarm("OK", kind=kind))

    assert outcome == Succeeded(summary="The alarm Errors is OK.")
    assert len(service.asked) == 1


def test_one_that_is_not_fails_at_once_without_a_wait(tmp_path):
    outcome, _, service = watching(tmp_path, alarm("ALARM"))

    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.JOB_FAILED
    assert outcome.message == "The alarm Errors is ALARM, and not OK."
    assert len(service.asked) == 1


def test_within_the_wait_it_may_become_fine(tmp_path):
    outcome, work, service = watching(
        tmp_path, alarm("ALARM", "INSUFFICIENT_DATA", "OK"), WaitTime="1"
    )

    assert isinstance(outcome, Succeeded)
    assert len(service.asked) == 3
    assert "The alarm Errors is INSUFFICIENT_DATA" in log_of(work)


def test_other_states_may_be_wanted(tmp_path):
    outcome, _, _ = watching(tmp_path, alarm("ALARM"), AlarmStates="ALARM, INSUFFICIENT_DATA")

    assert isinstance(outcome, Succeeded)


def test_work_that_is_lost_ends(tmp_path):
    outcome, _, _ = watching(tmp_path, alarm("ALARM"), is_lost=lambda: True, WaitTime="9000")

    assert isinstance(outcome, Failed)


@pytest.mark.parametrize(
    ("configuration", "why"),
    [
        ({"AlarmStates": "RED"}, "AlarmStates has 'RED'"),
        ({"WaitTime": "soon"}, "WaitTime is a number of minutes, not 'soon'"),
        ({"WaitTime": "-1"}, "WaitTime is a number"),
    ],
)
def test_what_is_misconfigured(tmp_path, configuration, why):
    outcome, _, service = watching(tmp_path, alarm("OK"), **configuration)

    assert isinstance(outcome, Failed)
    assert why in outcome.message
    assert service.asked == []


def test_an_alarm_that_is_not_there(tmp_path):
    outcome, _, _ = watching(tmp_path, lambda *_: {"MetricAlarms": []})

    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert "There is no alarm Errors" in outcome.message


def test_an_endpoint_that_refuses(tmp_path):
    outcome, _, _ = watching(tmp_path, lambda *_: refusal("AccessDenied", "Not you", 403))

    assert isinstance(outcome, Failed)
    assert "Not you" in outcome.message


def test_without_an_endpoint_it_says_what_to_set(tmp_path):
    outcome = rule_cloudwatch.perform(make_work(tmp_path, configuration={"AlarmName": "Errors"}))

    assert isinstance(outcome, Failed)
    assert "PENSTOCK_ENDPOINT_CLOUDWATCH" in outcome.message
