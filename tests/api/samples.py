"""Values that fit a shape of the service model: the whole of it, at any size that it allows."""

from datetime import UTC, datetime
from enum import Enum

from pipelines.api import model

OPERATIONS = model.service().operation_names

UUID = "0f3c2b1a-9d8e-4c7b-a6f5-0123456789ab"
MOMENT = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)

# Texts of exactly one kind, and how those begin that may go on.
FIXED = {
    "[0-9]{12}": "123456789012",
    r"[0-9]{12}|\*": "*",
    "AWS|ThirdParty": "ThirdParty",
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}": UUID,
}
BEGINNINGS = {
    r"arn:aws(-[\w]+)*:iam::[0-9]{12}:role/.*": "arn:aws:iam::123456789012:role/",
    r"arn:aws(-[\w]+)*:lambda:.+:[0-9]{12}:function:.+": "arn:aws:lambda:x:123456789012:function:",
    r"arn:aws(-[\w]+)*:codepipeline:.+:[0-9]{12}:.+": "arn:aws:codepipeline:x:123456789012:",
}


class Size(Enum):
    """How long texts and lists are, and how large numbers."""

    LEAST = "least"
    USUAL = "usual"
    MOST = "most"


def input_shape(operation):
    return model.service().operation_model(operation).input_shape


def output_shape(operation):
    """None where AWS answers with nothing."""
    return model.service().operation_model(operation).output_shape


def sample(shape, size=Size.USUAL):
    """A value with every member that the shape has."""
    return KINDS[shape.type_name](shape, size)


def structure(shape, size):
    return {name: sample(member, size) for name, member in shape.members.items()}


def values(shape, size):
    return [sample(shape.member, size) for _ in range(amount(shape, size, most=2))]


def entries(shape, size):
    keys = range(min(amount(shape, size, most=3), 3))
    return {text(shape.key, size, number): sample(shape.value, size) for number in keys}


def integer(shape, size):
    return amount(shape, size, most=2**31 - 1)


def amount(shape, size, *, most):
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", most)
    return {Size.LEAST: least, Size.USUAL: min(max(least, 1), most), Size.MOST: most}[size]


def text(shape, size=Size.USUAL, number=0):
    """A text of the shape; texts of other numbers are different, where that is possible."""
    if choices := shape.metadata.get("enum"):
        return choices[0]
    pattern = shape.metadata.get("pattern", "")
    if pattern in FIXED:
        return FIXED[pattern]
    beginning = BEGINNINGS.get(pattern, "")
    length = max(amount(shape, size, most=300), len(beginning) + 1)
    if size is Size.USUAL:
        length = max(length, len(beginning) + 4)
    return (beginning + "abcdefghi"[number] * length)[:length]


KINDS = {
    "structure": structure,
    "list": values,
    "map": entries,
    "string": text,
    "integer": integer,
    "boolean": lambda _shape, _size: True,
    "timestamp": lambda _shape, _size: MOMENT,
}
