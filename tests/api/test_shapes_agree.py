"""The definition's own table of shapes says what the service model says, where both speak."""

from pipelines.api import model
from pipelines.core.structure_shapes import (
    COMMAND,
    PIPELINE,
    ListOf,
    MapOf,
    Number,
    Structure,
    Text,
)

# A command is one line: the user guide is narrower than the service model.
NARROWER = [COMMAND]


def disagreements(ours, shape, path):
    """Where the two tables say different things."""
    match ours:
        case Structure():
            yield from in_members(ours, shape, path)
        case ListOf():
            yield from sizes(ours, shape, path)
            yield from disagreements(ours.member, shape.member, f"{path}[]")
        case MapOf():
            yield from disagreements(ours.key, shape.key, f"{path}.key")
            yield from disagreements(ours.value, shape.value, f"{path}{{}}")
        case Number():
            yield from sizes(ours, shape, path)
        case Text():
            yield from in_text(ours, shape, path)


def in_members(ours, shape, path):
    if set(ours.required) != set(shape.required_members):
        yield f"{path}: required"
    if ours.members.keys() != shape.members.keys():
        yield f"{path}: members"
    for name, member in ours.members.items():
        yield from disagreements(member, shape.members[name], f"{path}.{name}")


def in_text(ours, shape, path):
    yield from sizes(ours, shape, path)
    if ours.pattern != shape.metadata.get("pattern", "") and ours not in NARROWER:
        yield f"{path}: pattern"
    if set(ours.choices) != set(shape.metadata.get("enum", ())):
        yield f"{path}: choices"


def sizes(ours, shape, path):
    if (ours.min, ours.max) != (shape.metadata.get("min", 0), shape.metadata.get("max")):
        yield f"{path}: size"


def test_a_definition_is_checked_as_the_service_model_says():
    shape = model.service().shape_for("PipelineDeclaration")

    assert list(disagreements(PIPELINE, shape, "pipeline")) == []
