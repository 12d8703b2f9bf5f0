"""What kill -9 leaves behind, and how every execution ends all the same."""

import pytest

from tests.end_to_end.gate import Gate
from tests.end_to_end.installation import PIPELINES, Installation, Visitor, stop_everything
from tests.waiting import is_gone, wait_until

pytestmark = pytest.mark.timeout(900)

RELEASE = "website-release"
PATIENCE = 200  # seconds: whole executions, several processes, and each look at them is a process


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A Penstock of this module's own, with its own broker and rather short leases."""
    installation = Installation(
        tmp_path_factory.mktemp("crashing"),
        own_broker=True,
        PENSTOCK_LEASE_SECONDS="8",
        PENSTOCK_SWEEP_SECONDS="1",
    ).start()
    yield installation
    if installation.process.poll() is None:
        assert installation.stop() == 0


@pytest.fixture
def soaking(installation):
    """An execution of website-release is in its SoakTest, and only there; the gate that ends it."""
    visitor = Visitor(installation)
    stop_everything(visitor, f"{PIPELINES}/{RELEASE}")
    gate = Gate(installation.home)
    visitor.post(f"{PIPELINES}/{RELEASE}/release")
    wait_until(lambda: live(installation) == {"SoakTest"} and soaks(installation), PATIENCE)
    yield gate
    gate.open()


def stop(visitor, execution_id, mode):
    visitor.post(
        f"{PIPELINES}/{RELEASE}/stop-execution?execution={execution_id}",
        execution=execution_id,
        mode=mode,
    )


def live(installation):
    """What is in progress in the newest execution."""
    actions = installation.state(RELEASE)["actions"]
    return {name for name, (status, *_) in actions.items() if status == "InProgress"}


def soak_test(installation):
    """Status, error and id of the newest execution's SoakTest."""
    return installation.state(RELEASE)["actions"]["SoakTest"]


def soaks(installation):
    """The processes that do the work of this SoakTest, and of no earlier one."""
    return installation.working_on(soak_test(installation)[-1])


def test_a_killed_worker_fails_its_action_and_leaves_no_process(installation, soaking):
    commands = soaks(installation)

    assert installation.kill("celery", "-Q", "actions") > 0

    wait_until(lambda: installation.state(RELEASE)["status"] == "Failed", PATIENCE)
    status, error, _ = soak_test(installation)
    assert status == "Failed"
    assert error.startswith("The runner of this action was lost")
    wait_until(lambda: all(is_gone(command.pid) for command in commands))


def test_abandoned_work_ends_with_its_killed_worker_and_that_is_told(installation, soaking):
    visitor = Visitor(installation)
    execution, action = installation.state(RELEASE)["id"], soak_test(installation)[-1]
    stop(visitor, execution, "abandon")
    wait_until(lambda: soak_test(installation)[0] == "Abandoned", PATIENCE)
    assert installation.working_on(action)
    page = f"{PIPELINES}/{RELEASE}/executions/{execution}/actions/{action}"
    assert "This work was left behind" in visitor.get(page)

    assert installation.kill("celery", "-Q", "actions") > 0

    wait_until(lambda: not installation.working_on(action))
    wait_until(lambda: "Its worker was lost" in visitor.get(page), PATIENCE)
    assert soak_test(installation)[0] == "Abandoned"
    assert "This work was left behind" not in visitor.get(page)


def test_a_stop_outlives_the_death_of_everything(installation, soaking):
    state = installation.state(RELEASE)
    stop(Visitor(installation), state["id"], "wait")
    assert installation.state(RELEASE)["status"] == "Stopping"

    installation.kill_everything()
    assert installation.state(RELEASE)["status"] == "Stopping"
    installation.start()

    wait_until(lambda: installation.state(RELEASE)["status"] == "Stopped", PATIENCE)
    after = installation.state(RELEASE)
    assert after["id"] == state["id"]
    assert after["actions"]["SoakTest"][0] == "Failed"
    assert "Package" not in after["actions"]


def test_a_broker_that_dies_is_missed_by_nobody(installation, soaking):
    assert installation.kill("valkey-server") > 0

    soaking.open()

    wait_until(lambda: installation.state(RELEASE)["status"] == "Succeeded", PATIENCE)
