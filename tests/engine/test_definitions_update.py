"""Creating and updating pipelines on real rows, and what becomes of executions meanwhile."""

import pytest

from pipelines import definitions, executions, tasks
from pipelines.core.refusals import InvalidRequest, PipelineNameInUse, ResourceNotFound
from pipelines.core.statuses import StopMode
from pipelines.core.structure import InvalidDefinition
from pipelines.models import PipelineExecution
from tests.definitions import commands, definition, source, stage
from tests.engine_room import ALICE


def two_stages():
    return [stage("Source", source()), stage("Build", commands("Compile"))]


def other_stages():
    return [stage("Source", source()), stage("Package", commands("Pack"))]


@pytest.fixture
def building(engine_room):
    execution = engine_room.create(stages=two_stages())
    engine_room.fetch()
    return execution


def needs(*names):
    """A definition that declares variables without defaults."""
    variables = [{"name": name} for name in names]
    return definition("demanding", stages=two_stages(), variables=variables)


def test_creating_a_pipeline_starts_its_first_execution(engine_room):
    execution = engine_room.create(stages=two_stages())

    assert (execution.trigger_type, execution.trigger_detail) == ("CreatePipeline", ALICE.arn)
    assert engine_room.action_statuses(execution) == {"Fetch": "InProgress"}


def test_a_name_is_used_once(engine_room, building):
    before = engine_room.digest()

    with pytest.raises(PipelineNameInUse):
        definitions.create(definition("website"), by=ALICE)

    assert engine_room.digest() == before


def test_a_pipeline_whose_first_execution_lacks_a_variable_is_created_all_the_same(engine_room):
    pipeline = definitions.create(needs("Colour"), by=ALICE)
    engine_room.settle()

    execution = pipeline.executions.get()
    assert execution.status == "Failed"
    assert execution.status_summary == "The variable Colour has no default: give it a value."
    assert execution.stage_executions.count() == 0
    assert engine_room.events(execution) == [("pipeline", "STARTED"), ("pipeline", "FAILED")]


def test_such_a_pipeline_starts_once_it_is_given_the_variable(engine_room):
    definitions.create(needs("Colour"), by=ALICE)

    with pytest.raises(InvalidRequest):
        executions.start("demanding", trigger_type="StartPipelineExecution")
    execution = executions.start(
        "demanding", trigger_type="StartPipelineExecution", variables={"Colour": "green"}
    )
    engine_room.settle()

    assert execution.variables == {"variables": {"Colour": "green"}}
    assert engine_room.action_statuses(execution) == {"Fetch": "InProgress"}


def test_a_pipeline_that_could_not_be_created_leaves_nothing_to_the_next(engine_room, monkeypatch):
    def break_off(*_):
        raise OSError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(tasks, "wake", break_off)
        with pytest.raises(OSError, match="full"):
            engine_room.create(stages=two_stages())
    engine_room.create(stages=other_stages())

    plan = engine_room.pipeline.plan
    assert [stage.name for stage in plan.stages] == ["Source", "Package"]


def test_an_update_stores_the_next_version_and_keeps_the_one_before(engine_room, building):
    updated = engine_room.update(stages=other_stages())

    assert updated.version == 2
    assert [row.version for row in updated.versions.order_by("version")] == [1, 2]
    assert definitions.current(updated)["version"] == 2
    assert definitions.current(updated)["stages"][1]["name"] == "Package"


def test_an_update_that_changes_nothing_is_a_version_too(engine_room, building):
    assert engine_room.update(stages=two_stages()).version == 2


def test_an_update_starts_nothing(engine_room, building):
    engine_room.update(stages=two_stages())
    engine_room.settle()

    assert PipelineExecution.objects.get() == building


def test_what_cannot_be_updated_changes_nothing(engine_room, building):
    before = engine_room.digest()

    with pytest.raises(ResourceNotFound):
        definitions.update(definition("nothing"), by=ALICE)
    with pytest.raises(InvalidDefinition):
        engine_room.update(stages=[])

    assert engine_room.digest() == before


def test_an_execution_that_waits_is_cancelled_at_once(engine_room):
    execution = engine_room.create(stages=two_stages())
    engine_room.disable("Build")
    engine_room.fetch()

    engine_room.update(stages=other_stages())
    engine_room.settle()

    assert engine_room.status(execution) == "Cancelled"
    assert engine_room.events(execution)[-1] == ("pipeline", "CANCELED")


def test_running_actions_finish_first(engine_room, building):
    engine_room.update(stages=other_stages())
    engine_room.settle()

    assert engine_room.status(building) == "InProgress"
    assert engine_room.action_statuses(building)["Compile"] == "InProgress"


@pytest.mark.parametrize("how", ["succeed", "fail"])
def test_then_stage_and_execution_are_cancelled(engine_room, building, how):
    engine_room.update(stages=other_stages())
    engine_room.settle()

    getattr(engine_room, how)("Compile")

    assert engine_room.status(building) == "Cancelled"
    assert engine_room.stage_status(building, "Build") == "Cancelled"
    assert engine_room.events(building)[-2:] == [
        ("stage Build", "CANCELED"),
        ("pipeline", "CANCELED"),
    ]


@pytest.mark.parametrize("mode", StopMode)
def test_what_is_being_stopped_ends_as_stopped(engine_room, building, mode):
    engine_room.stop(building, mode)
    engine_room.update(stages=other_stages())
    engine_room.settle()
    if mode is StopMode.WAIT:
        engine_room.succeed("Compile")

    assert engine_room.status(building) == "Stopped"


def test_an_execution_can_be_stopped_in_a_stage_that_is_no_more(engine_room, building):
    engine_room.update(stages=other_stages())
    engine_room.settle()

    executions.stop("website", building.id, mode=StopMode.ABANDON, by=ALICE, hold=True)
    engine_room.settle()

    assert engine_room.status(building) == "Stopped"


def test_new_executions_follow_the_new_version(engine_room, building):
    engine_room.update(stages=other_stages())
    execution = engine_room.start()
    engine_room.fetch()

    assert execution.version == 2
    assert engine_room.action_statuses(execution)["Pack"] == "InProgress"
