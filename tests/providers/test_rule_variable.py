"""VariableCheck with MATCHES: a regular expression in a process that can be ended."""

import pytest

from pipelines.core.statuses import FailureCode
from pipelines.providers import rule_variable
from pipelines.providers.contract import Failed, Succeeded
from tests.providers.work import make_work


def matching(folder, value, pattern):
    configuration = {"Variable": value, "Operator": "MATCHES", "Value": pattern}
    return rule_variable.perform(make_work(folder, configuration=configuration))


@pytest.mark.parametrize(
    ("value", "pattern"),
    [("release/1.2", r"release/\d+\.\d+"), ("", ".*"), ("Grüße – 春", ".{9}"), ("a\nb", "a\nb")],
)
def test_the_whole_value_has_to_match(tmp_path, value, pattern):
    assert isinstance(matching(tmp_path, value, pattern), Succeeded)


@pytest.mark.parametrize(
    ("value", "pattern"), [("release/1.2-rc", r"release/\d+\.\d+"), ("b", "a")]
)
def test_what_does_not_match_fails_the_rule(tmp_path, value, pattern):
    outcome = matching(tmp_path, value, pattern)

    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.JOB_FAILED
    assert "does not match" in outcome.message


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "[z-a]"])
def test_what_is_no_expression_is_the_users_to_mend(tmp_path, pattern):
    outcome = matching(tmp_path, "a", pattern)

    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert outcome.message.startswith("The regular expression in Value cannot be read:")


def test_an_expression_that_would_take_for_ever_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(rule_variable, "SECONDS", 1)

    outcome = matching(tmp_path, "a" * 40 + "!", "(a+)+")

    assert isinstance(outcome, Failed)
    assert "took longer than 1 seconds" in outcome.message
