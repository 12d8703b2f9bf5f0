"""Bad input of every kind at every place: always an answer of AWS's, and nothing is changed.

A sample of it here; `scripts/bad-input` sends all of it, and as much again at random.
"""

import os
import random
import sys

import pytest

from pipelines.api import operations, signature
from pipelines.core.refusals import InvalidRequest
from pipelines.models import Pipeline
from tests.api.encoding import as_cbor, as_json
from tests.api.faults import UNREADABLE, faults_of, with_fault
from tests.api.hunt import Hunt
from tests.api.samples import OPERATIONS, input_shape, sample
from tests.definitions import approval, commands, definition, source, stage
from tests.engine_room import ALICE

ENCODINGS = {"json": as_json, "cbor": as_cbor}
FAULTS_AT_ONCE = 40  # of each operation, in each protocol
BROKEN_AT_ONCE = 10
BROKEN_SHARE = 0.3
PIECES = [b"null", b"[", b"{", b"}", b'"', b"\\u0000", b"\x00", b"\xff", b"\xf7", b"1e999", b"\xc1"]
ASKED_FOR = int(os.environ.get("PENSTOCK_BAD_INPUT", "0"))
REPORT_EVERY = 5000


@pytest.fixture
def hunt(engine_room, monkeypatch):
    """Asks as alice, about a pipeline in which a stage has failed and an approval waits."""
    monkeypatch.setattr(signature, "authenticate", lambda _received, **_at: ALICE)
    execution = engine_room.create(
        stages=[stage("Source", source()), stage("Build", commands("Lint"), approval("Ask"))]
    )
    engine_room.fetch()
    engine_room.settle()
    engine_room.fail("Lint")
    engine_room.settle()
    hunt = Hunt()
    hunt.names = {
        "name": "website",
        "pipelineName": "website",
        "stageName": "Build",
        "actionName": "Ask",
        "pipelineExecutionId": str(execution.pk),
        "token": engine_room.live("Ask").token,
    }
    return hunt


def whole_input(operation, names):
    """Input that fits, has every member, and is about what is there."""
    given = sample(input_shape(operation))
    return {name: names.get(name, member) for name, member in given.items()}


def send(hunt, operation, fault, given):
    for protocol, encoded in ENCODINGS.items():
        hunt.ask(
            protocol,
            operation,
            encoded(given),
            expected=fault.expects(protocol),
            places=fault.places,
            what=str(fault),
        )


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_fault_is_told_for_what_it_is(hunt, operation):
    given = whole_input(operation, hunt.names)
    faults = list(faults_of(input_shape(operation), given))

    for fault in random.Random(operation).sample(faults, min(FAULTS_AT_ONCE, len(faults))):
        send(hunt, operation, fault, with_fault(given, fault))

    assert hunt.wrong == []
    assert hunt.asked == 2 * min(FAULTS_AT_ONCE, len(faults))
    assert hunt.ends_as_it_began()


def test_what_is_broken_at_random_is_survived(hunt):
    chance = random.Random("broken")

    for operation in OPERATIONS:
        given = whole_input(operation, hunt.names)
        for protocol, encoded in [*ENCODINGS.items()] * BROKEN_AT_ONCE:
            hunt.ask(protocol, operation, broken(encoded(given), chance))

    assert hunt.wrong == []
    assert hunt.ends_as_it_began()


def test_the_hunt_notices_what_is_wrong(hunt, monkeypatch):
    def spoil(**_given):
        Pipeline.objects.update(name="spoilt")
        raise InvalidRequest("")

    monkeypatch.setitem(operations.OPERATIONS, "ListPipelines", spoil)
    monkeypatch.setitem(operations.OPERATIONS, "DeletePipeline", lambda **_given: {"name": "x"})
    hunt.ask("json", "ListPipelines", b"{}", expected=UNREADABLE)
    hunt.ask("cbor", "DeletePipeline", as_cbor({"name": "website"}))

    told = [wrong.partition("; ")[0].rpartition(": ")[2] for wrong in hunt.wrong]
    assert told == [
        "it says nothing",
        "it is ValidationException, not SerializationException",
        "rows were changed",
        "the status is 500",
        "InternalFailure is no error of it",
    ]


def broken(body, chance):
    """The body with bits turned, pieces cut out, doubled or put in."""
    broken = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(broken) + 1)
        upto = at + chance.randint(0, 8)
        match chance.randrange(5):
            case 0:
                broken[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del broken[at:upto]
            case 2:
                broken[at:at] = broken[at:upto]
            case 3:
                broken[at:at] = chance.choice(PIECES)
            case 4:
                del broken[at:]
    return bytes(broken)


@pytest.mark.skipif(not ASKED_FOR, reason="scripts/bad-input runs this")
@pytest.mark.timeout(0)
def test_everything_and_as_much_at_random(hunt, capsys):
    """Every fault in both protocols, then several at once or broken bytes up to the number."""
    with capsys.disabled():
        for what, number in ((every_fault, 0), (at_random, ASKED_FOR)):
            for _ in what(hunt, number):
                if hunt.asked % REPORT_EVERY < 2:
                    sys.stdout.write(f"{hunt.progress()}\n")
                    sys.stdout.flush()
        sys.stdout.write(f"{hunt.summary()}\n")

    assert hunt.wrong == []
    assert hunt.ends_as_it_began()
    assert hunt.asked >= ASKED_FOR


def every_fault(hunt, _number):
    for operation in OPERATIONS:
        given = whole_input(operation, hunt.names)
        for fault in faults_of(input_shape(operation), given):
            yield send(hunt, operation, fault, with_fault(given, fault))


def at_random(hunt, number):
    chance = random.Random("at random")
    wholes = {name: whole_input(name, hunt.names) for name in OPERATIONS}
    faults = {name: list(faults_of(input_shape(name), wholes[name])) for name in OPERATIONS}
    while hunt.asked < number:
        operation = chance.choice(OPERATIONS)
        given = chance.choice([wholes[operation], *real_inputs(operation)])
        is_broken = chance.random() < BROKEN_SHARE
        chosen = [] if is_broken else chance.sample(faults[operation], chance.randint(0, 3))
        for fault in chosen:
            given = with_fault(given, fault)
        for protocol, encoded in ENCODINGS.items():
            body = broken(encoded(given), chance) if is_broken else encoded(given)
            yield hunt.ask(protocol, operation, body, what=", ".join(map(str, chosen)) or "broken")


def real_inputs(operation):
    """Whole inputs that the rules let through; the samples only have the right shape."""
    if operation in {"CreatePipeline", "UpdatePipeline"}:
        yield {"pipeline": definition("another" if operation == "CreatePipeline" else "website")}
