"""Whether a value is what AWS's service model says that it is: the checker of every output."""

import re
from datetime import datetime

from pipelines.api import model

TYPES = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "timestamp": datetime,
    "structure": dict,
    "map": dict,
    "list": list,
}


def checked(operation, output):
    """The output of an operation, once it has passed; AssertionError says all that is wrong."""
    shape = model.service().operation_model(operation).output_shape
    if shape is None:
        assert output is None, f"{operation} answers with nothing, not with {output!r}"
        return output
    problems = list(violations(output, shape, operation))
    assert not problems, "\n".join(problems)
    return output


def violations(value, shape, path):
    """Every way in which a value differs from its shape, each with its place."""
    wanted = TYPES[shape.type_name]
    if type(value) is not wanted and not (wanted is str and isinstance(value, str)):
        yield f"{path}: {value!r} is no {shape.type_name}"
        return
    yield from CHECKS.get(shape.type_name, nothing)(value, shape, path)


def nothing(value, shape, path):
    return ()


def of_structure(value, shape, path):
    for name in shape.required_members:
        if name not in value:
            yield f"{path}: {name} is missing"
    for name, member in value.items():
        if name in shape.members:
            yield from violations(member, shape.members[name], f"{path}.{name}")
        else:
            yield f"{path}: {shape.name} has no member {name}"


def of_list(value, shape, path):
    yield from length(value, shape, path)
    for position, member in enumerate(value):
        yield from violations(member, shape.member, f"{path}.{position}")


def of_map(value, shape, path):
    yield from length(value, shape, path)
    for key, member in value.items():
        yield from violations(key, shape.key, f"{path} key {key!r}")
        yield from violations(member, shape.value, f"{path}.{key}")


def of_text(value, shape, path):
    yield from length(value, shape, path)
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is not one of {shape.enum}"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value, re.DOTALL):
        yield f"{path}: {value!r} does not match {pattern}"
    try:
        value.encode()
    except UnicodeEncodeError:
        yield f"{path}: {value!r} cannot be sent"


def of_number(value, shape, path):
    yield from within(value, shape, path, f"{value}")


def of_time(value, shape, path):
    if value.utcoffset() is None:
        yield f"{path}: {value!r} has no time zone"


def length(value, shape, path):
    yield from within(len(value), shape, path, f"the length of {value!r}")


def within(number, shape, path, what):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and number < least:
        yield f"{path}: {what} is less than {least}"
    if most is not None and number > most:
        yield f"{path}: {what} is more than {most}"


CHECKS = {
    "structure": of_structure,
    "list": of_list,
    "map": of_map,
    "string": of_text,
    "integer": of_number,
    "long": of_number,
    "timestamp": of_time,
}
