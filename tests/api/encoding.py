"""Bodies as nobody sane writes them: values that Python cannot have stand in as Raw."""

import json
from dataclasses import dataclass
from datetime import datetime

import cbor2


@dataclass(frozen=True)
class Raw:
    """The bytes of a value in either protocol."""

    json: str  # as Latin-1 has the bytes
    cbor: bytes


def as_json(value):
    """JSON of a value; bytes, which it does not have, become a list of numbers."""
    raws = []

    def stand_in(value):
        match value:
            case Raw():
                raws.append(value)
                return f"@raw {len(raws) - 1}@"
            case datetime():
                return value.timestamp()
            case bytes():
                return list(value)
        raise TypeError(value)

    text = json.dumps(value, default=stand_in)
    for number, raw in enumerate(raws):
        text = text.replace(f'"@raw {number}@"', raw.json)
    return text.encode("latin-1")


def as_cbor(value):
    def write(encoder, value):
        if not isinstance(value, Raw):
            raise TypeError(value)
        encoder.write(value.cbor)

    return cbor2.dumps(value, default=write, datetime_as_timestamp=True)
