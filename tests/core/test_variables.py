"""References to variables: found in texts, and replaced by values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.refusals import InvalidRequest
from pipelines.core.variables import (
    OutputVariablesSizeExceeded,
    Reference,
    UnresolvedVariable,
    check_output_variables,
    initial_values,
    malformed_references,
    references,
    resolve,
    resolve_values,
)

KNOWN = {
    "codepipeline": {"PipelineExecutionId": "1234"},
    "fetched": {"CommitId": "abc", "CommitMessage": "use #{fetched.CommitId}", "Path": r"\1\g<0>"},
}


@pytest.mark.parametrize(
    ("text", "found", "malformed"),
    [
        ("", [], []),
        ("plain #{ text } with {braces} and ${shell}", [], ["#{ text }"]),
        ("#{fetched.CommitId}", [("fetched", "CommitId")], []),
        ("#{a.b}-#{c@d.e_f-1}", [("a", "b"), ("c@d", "e_f-1")], []),
        ("##{a.b}}", [("a", "b")], []),
        ("#{a#{b.c}}", [("b", "c")], []),
        ("#{}", [], ["#{}"]),
        ("#{a}", [], ["#{a}"]),
        ("#{a.b.c}", [], ["#{a.b.c}"]),
        ("#{a.}#{.b}", [], ["#{a.}", "#{.b}"]),
        ("#{a.b ", [], []),
        ("${#names[@]}", [], []),
    ],
)
def test_references_are_found_and_what_only_looks_like_one_is_told_apart(text, found, malformed):
    assert references(text) == tuple(Reference(*pair) for pair in found)
    assert malformed_references(text) == tuple(malformed)


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("plain", "plain"),
        ("#{fetched.CommitId}", "abc"),
        ("v-#{fetched.CommitId}-#{codepipeline.PipelineExecutionId}", "v-abc-1234"),
        ("#{fetched.CommitMessage}", "use #{fetched.CommitId}"),
        ("#{fetched.Path}", r"\1\g<0>"),
        ("${#names[@]} #{ open", "${#names[@]} #{ open"),
    ],
)
def test_values_are_put_in_once(text, resolved):
    assert resolve(text, KNOWN) == resolved


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "#{built.VERSION}",
            (
                "The variable reference #{built.VERSION} cannot be resolved: "
                "no action that ran before has the namespace built."
            ),
        ),
        (
            "#{fetched.Author}",
            (
                "The variable reference #{fetched.Author} cannot be resolved: "
                "the namespace fetched has no variable Author."
            ),
        ),
        (
            "#{Fetched.CommitId}",
            (
                "The variable reference #{Fetched.CommitId} cannot be resolved: "
                "no action that ran before has the namespace Fetched."
            ),
        ),
        (
            "#{fetched}",
            (
                "Valid format for a pipeline execution variable reference is a namespace and a key "
                "separated by a period (.). This is not one: #{fetched}"
            ),
        ),
    ],
)
def test_a_reference_to_nothing_is_told_in_a_sentence(text, sentence):
    with pytest.raises(UnresolvedVariable) as problem:
        resolve(text, KNOWN)

    assert str(problem.value) == sentence


@given(st.text())
def test_a_text_is_resolved_exactly_when_all_its_references_are_known(text):
    known = {reference.namespace: {reference.key: "x"} for reference in references(text)}

    if references(text) or malformed_references(text):
        with pytest.raises(UnresolvedVariable):
            resolve(text, {})
    else:
        assert resolve(text, known) == text


@given(st.text(), st.text(), st.text())
def test_a_value_goes_in_as_it_is(before, value, after):
    text = f"{before.replace('#', '')}#{{a.b}}{after.replace('#', '')}"

    assert resolve(text, {"a": {"b": value}}) == text.replace("#{a.b}", value, 1)


def test_a_configuration_is_resolved_value_by_value():
    configuration = {"Key": "#{fetched.CommitId}.zip", "Other": "as it is"}

    assert resolve_values(configuration, KNOWN) == {"Key": "abc.zip", "Other": "as it is"}


def test_a_configuration_may_grow_to_its_limit_and_no_further():
    configuration = {"Keys": "#{a.b}"}

    assert resolve_values(configuration, {"a": {"b": "x" * (100 * 1024 - 4)}})
    with pytest.raises(UnresolvedVariable, match="may have 102400 bytes in all"):
        resolve_values(configuration, {"a": {"b": "x" * (100 * 1024 - 3)}})


def test_an_execution_starts_with_the_values_given_and_the_defaults_of_the_others():
    declared = {"greeting": "hello", "target": ""}

    assert initial_values(declared, {"target": "staging"}) == {
        "greeting": "hello",
        "target": "staging",
    }
    assert initial_values({}, {}) == {}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "The variable target has no default: give it a value."),
        ({"target": ""}, "The variable target has no default: give it a value."),
        (
            {"target": "x", "colour": "red"},
            "The pipeline does not declare the variable colour.",
        ),
    ],
)
def test_an_execution_does_not_start_with_values_missing_or_unknown(values, sentence):
    with pytest.raises(InvalidRequest) as refused:
        initial_values({"greeting": "hello", "target": ""}, values)

    assert refused.value.message == sentence


def test_output_variables_are_counted_in_bytes():
    check_output_variables({"KEY": "é" * 61_438})
    with pytest.raises(OutputVariablesSizeExceeded, match="have 122881 bytes in all"):
        check_output_variables({"KEYS": "é" * 61_438 + "x"})
