"""YAML that somebody wrote: read without surprises, or refused with a sentence.

Every scalar is text, as written: `yes`, `1.10` and `012` stay what they are.  A document that
would grow without bounds, that is inside itself, or in which a key is there twice is refused.
"""

from pathlib import Path
from typing import Any

import yaml

BYTES = 256 * 1024
VALUES = 20_000  # after aliases have been followed
MERGE = "<<"


class YamlError(Exception):
    """The text cannot be used; the message says why, in one sentence without a full stop."""


class _Loader(yaml.SafeLoader):
    """Of the types that YAML guesses only the merge key is left, and tags say nothing new."""

    yaml_constructors = {
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.rpartition(":")[2] in {"map", "seq", "str"}
    }
    yaml_implicit_resolvers = {
        "<": [each for each in yaml.SafeLoader.yaml_implicit_resolvers["<"] if "merge" in each[0]]
    }


def read(file: Path) -> bytes:
    """What `load` takes; of a file that is too long no more than shows that it is."""
    with file.open("rb") as source:
        return source.read(BYTES + 1)


def load(raw: bytes) -> Any:
    """Mappings, lists and texts.  Raises YamlError."""
    if len(raw) > BYTES:
        raise YamlError(f"it is too long; at most {BYTES} bytes are allowed")
    try:
        return _load(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise YamlError(f"it is not text in UTF-8 (byte {error.start} is not)") from error
    except yaml.MarkedYAMLError as error:
        raise YamlError(_in_one_line(error)) from error
    except yaml.reader.ReaderError as error:
        raise YamlError(f"character {error.position} may not stand in YAML") from error
    except RecursionError as error:
        raise YamlError("it is nested too deeply") from error


def _load(text: str) -> Any:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise YamlError("it is empty")
        _count(node, {}, set())
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _count(node: yaml.Node, known: dict[int, int], above: set[int]) -> int:
    """How many values this one has when every alias is followed; each node is looked at once."""
    if id(node) in above:
        raise YamlError(f"it has a value that is inside itself, in line {_line(node)}")
    if id(node) not in known:
        above.add(id(node))
        known[id(node)] = 1 + sum(_count(each, known, above) for each in _inside(node))
        above.remove(id(node))
    if known[id(node)] > VALUES:
        raise YamlError(f"it has more than {VALUES} values when its aliases are followed")
    return known[id(node)]


def _inside(node: yaml.Node) -> list[yaml.Node]:
    match node:
        case yaml.MappingNode():
            _refuse_twice(node)
            return [each for pair in node.value for each in pair]
        case yaml.SequenceNode():
            return list(node.value)
        case _:
            return []


def _refuse_twice(node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise YamlError(f"a key has to be a word, which that in line {_line(key)} is not")
        if key.value in seen and key.value != MERGE:
            raise YamlError(f"{key.value} is there twice, the second time in line {_line(key)}")
        seen.add(key.value)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _in_one_line(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"{error.problem or error.context}{where}"
