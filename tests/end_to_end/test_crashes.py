"""What kill -9 leaves behind, and how every execution ends all the same."""

import pytest

from tests.end_to_end.gate import Gate
from tests.end_to_end.installation import PIPELINES, Installation, Visitor
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

RELEASE = "website-release"
PATIENCE = 90


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A Penstock of this module's own, with short leases and its own broker."""
    installation = Installation(
        tmp_path_factory.mktemp("crashing"),
        own_broker=True,
        PENSTOCK_LEASE_SECONDS="3",
        PENSTOCK_SWEEP_SECONDS="1",
    ).start()
    yield installation
    if installation.process.poll() is None:
        assert installation.stop() == 0


@pytest.fixture
def soaking(installation):
    """An execution of website-release is in its SoakTest; the gate that ends it."""
    gate = Gate(installation.home)
    gate.close()
    visitor = Visitor(installation)
    end_what_runs(installation, visitor)
    visitor.post(f"{PIPELINES}/{RELEASE}/release")
    wait_until(lambda: soak_test(installation) == "InProgress", PATIENCE)
    wait_until(lambda: soaks(installation), PATIENCE)
    yield gate
    gate.open()


def end_what_runs(installation, visitor):
    state = installation.state(RELEASE)
    if state["status"] == "InProgress":
        stop(visitor, state["id"], "abandon")
    wait_until(lambda: installation.state(RELEASE)["status"] not in UNFINISHED, PATIENCE)


UNFINISHED = {"InProgress", "Stopping"}


def stop(visitor, execution_id, mode):
    visitor.post(
        f"{PIPELINES}/{RELEASE}/stop-execution?execution={execution_id}",
        execution=execution_id,
        mode=mode,
    )


def soak_test(installation):
    return installation.state(RELEASE)["actions"].get("SoakTest", [""])[0]


def soaks(installation):
    """The processes of soak tests that are really running."""
    return [p for p in installation.descendants() if "soak.sh" in " ".join(p.cmdline())]


def test_a_killed_worker_fails_its_action_and_leaves_no_process(installation, soaking):
    commands = soaks(installation)

    assert installation.kill("celery", "-Q", "actions") > 0

    wait_until(lambda: installation.state(RELEASE)["status"] == "Failed", PATIENCE)
    status, error = installation.state(RELEASE)["actions"]["SoakTest"]
    assert status == "Failed"
    assert error.startswith("The runner of this action was lost")
    wait_until(lambda: not any(command.is_running() for command in commands), PATIENCE)


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
