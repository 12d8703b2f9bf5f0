"""Stopping on real rows: what is stored before, during and after a stop."""

from pipelines.core.statuses import StopMode
from tests.definitions import commands, source, stage


def build_and_deploy():
    return [
        stage("Source", source()),
        stage("Build", commands("Compile"), commands("Test", run_order=2)),
        stage("Deploy", commands("Ship")),
    ]


def test_stop_and_wait_lets_the_running_action_finish(engine_room):
    execution = engine_room.create(stages=build_and_deploy())
    engine_room.succeed("Fetch", artifacts={"Code": "website/Code/abc"})

    engine_room.stop(execution, StopMode.WAIT, reason="Wrong commit")
    engine_room.settle()

    assert engine_room.status(execution) == "Stopping"
    assert engine_room.stage_status(execution, "Build") == "Stopping"
    assert engine_room.action_statuses(execution)["Compile"] == "InProgress"

    engine_room.succeed("Compile")

    assert engine_room.status(execution) == "Stopped"
    assert engine_room.stage_status(execution, "Build") == "Stopped"
    assert engine_room.action_statuses(execution) == {"Fetch": "Succeeded", "Compile": "Succeeded"}
    assert engine_room.events(execution)[-5:] == [
        ("pipeline", "STOPPING"),
        ("stage Build", "STOPPING"),
        ("action Compile", "SUCCEEDED"),
        ("stage Build", "STOPPED"),
        ("pipeline", "STOPPED"),
    ]
