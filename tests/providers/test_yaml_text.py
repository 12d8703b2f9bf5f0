"""YAML that somebody wrote."""

import pytest

from pipelines.providers.yaml_text import BYTES, YamlError, load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes", {"a": "yes"}),
        ("a: 1.10", {"a": "1.10"}),
        ("a: 012", {"a": "012"}),
        ("a: 2026-11-25", {"a": "2026-11-25"}),
        ("a: ~", {"a": "~"}),
        ("a:", {"a": ""}),
        ("- yes\n- null", ["yes", "null"]),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("a: &x [b]\nc: *x", {"a": ["b"], "c": ["b"]}),
        (
            "a: &x {b: '1', c: '2'}\nd: {<<: *x, b: '3'}",
            {"a": {"b": "1", "c": "2"}, "d": {"b": "3", "c": "2"}},
        ),
        ("\ufeffa: é", {"a": "é"}),
    ],
)
def test_every_value_is_the_text_that_was_written(text: str, value: object):
    assert load(text.encode()) == value


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "it is empty"),
        (b"a: [", "in line 1, column 5"),
        (b"a: b: c", "mapping values are not allowed here in line 1, column 5"),
        (b"\tb: c", "line 1"),
        (b"a: 1\nb: 2\na: 3", "a is there twice, the second time in line 3"),
        (b"[a]: b", "a key has to be a word"),
        (b"a: &a [*a]", "inside itself, in line 1"),
        (b"a: *nowhere", "nowhere"),
        (b"!!python/object/apply:os.system ['touch pwned']", "could not determine a constructor"),
        (b"!!int many", "could not determine a constructor"),
        (b"a: \xff", "not text in UTF-8 (byte 3 is not)"),
        (b"a: \x00", "character 3 may not stand in YAML"),
        (b"\x7fELF\x02\x01", "may not stand in YAML"),
        (b"[" * 5000, "nested too deeply"),
        (BOMB.encode(), "more than 20000 values when its aliases are followed"),
        (b"a" * (BYTES + 1), f"at most {BYTES} bytes are allowed"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(raw: bytes, sentence: str):
    with pytest.raises(YamlError) as refused:
        load(raw)

    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 300
