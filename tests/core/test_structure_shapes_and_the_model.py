"""The table of shapes says what AWS's service model says, but for what is listed here."""

import pytest
from botocore import model

from pipelines.api.model import service
from pipelines.core.shapes import ListOf, MapOf, Number, Structure, Text
from pipelines.core.structure_shapes import PIPELINE, TAG_KEYS, TAGS

# Where the table is stricter on purpose.  The user guide allows commands of one line only:
# https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html
ONE_LINE = {"pattern": r"[^\r\n]+"}
DIFFERENCES = {
    "PipelineDeclaration.stages[].actions[].commands[]": ONE_LINE,
    **{
        f"PipelineDeclaration.stages[].{member}.conditions[].rules[].commands[]": ONE_LINE
        for member in ("onFailure", "onSuccess", "beforeEntry")
    },
}


def limits(shape):
    """What a shape of ours says of the value itself, in the words of the service model."""
    match shape:
        case Text():
            named = {"min": shape.min, "max": shape.max, "pattern": shape.pattern}
            return {**named, "enum": list(shape.choices)}
        case Structure():
            return {"required": sorted(shape.required), "members": sorted(shape.members)}
        case _:
            return {"min": getattr(shape, "min", 0), "max": getattr(shape, "max", None)}


def of_ours(shape, path):
    """Path -> limits, of a shape and of all that is in it."""
    yield path, {name: value for name, value in limits(shape).items() if value}
    match shape:
        case Structure():
            for name, member in shape.members.items():
                yield from of_ours(member, f"{path}.{name}")
        case ListOf():
            yield from of_ours(shape.member, f"{path}[]")
        case MapOf():
            yield from of_ours(shape.key, f"{path}{{key}}")
            yield from of_ours(shape.value, f"{path}{{value}}")


def of_the_model(shape, path):
    """The same of a shape of the service model."""
    said = {name: shape.metadata.get(name) for name in ("min", "max", "pattern", "enum")}
    if isinstance(shape, model.StructureShape):
        said |= {"required": sorted(shape.required_members), "members": sorted(shape.members)}
    yield path, {name: value for name, value in said.items() if value}
    match shape:
        case model.StructureShape():
            for name, member in shape.members.items():
                yield from of_the_model(member, f"{path}.{name}")
        case model.ListShape():
            yield from of_the_model(shape.member, f"{path}[]")
        case model.MapShape():
            yield from of_the_model(shape.key, f"{path}{{key}}")
            yield from of_the_model(shape.value, f"{path}{{value}}")


@pytest.mark.parametrize(
    ("ours", "name"),
    [(PIPELINE, "PipelineDeclaration"), (TAGS, "TagList"), (TAG_KEYS, "TagKeyList")],
)
def test_the_table_and_the_service_model_differ_only_where_it_is_meant(ours, name):
    table = dict(of_ours(ours, name))
    modelled = dict(of_the_model(service().shape_for(name), name))

    differences = {
        path: {
            limit: value
            for limit, value in table.get(path, {}).items()
            if modelled.get(path, {}).get(limit) != value
        }
        for path in modelled.keys() | table.keys()
        if table.get(path) != modelled.get(path)
    }

    assert differences == {path: DIFFERENCES[path] for path in DIFFERENCES if path in modelled}


def test_the_kinds_of_values_are_those_of_the_service_model():
    kinds = {
        "string": Text,
        "integer": Number,
        "list": ListOf,
        "map": MapOf,
        "structure": Structure,
    }

    def check(shape, modelled):
        assert isinstance(shape, kinds[modelled.type_name])
        match shape:
            case Structure():
                for name, member in shape.members.items():
                    check(member, modelled.members[name])
            case ListOf():
                check(shape.member, modelled.member)
            case MapOf():
                check(shape.key, modelled.key)
                check(shape.value, modelled.value)

    check(PIPELINE, service().shape_for("PipelineDeclaration"))
    check(TAGS, service().shape_for("TagList"))
