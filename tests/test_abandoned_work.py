"""Work that an abandoned action leaves behind, on real processes: left, ended, cleaned up."""

from datetime import timedelta

import pytest

from pipelines import leftovers, outbox, places, runner, sweeping, treatments
from pipelines.core.abandoned_work import Policy, Treatment
from pipelines.core.refusals import AccessDenied, ActionNotFound, InvalidRequest, NothingToEnd
from pipelines.core.rights import Caller, Role
from pipelines.models import ActionExecution, Event, Lease
from tests.definitions import commands, rule, source, stage, when
from tests.engine_room import ALICE, uuid_of_nothing
from tests.leaving import Process, Thread, abandon, begin, is_at_work
from tests.waiting import is_gone, wait_until

STUBBORN = "trap '' TERM; (trap '' TERM; sleep 600) & echo $! > ../child; sleep 600; wait"


@pytest.fixture
def room(transactional_db, engine_room, settings, tmp_path):
    """The engine driven by hand, with rows that other threads see."""
    settings.PENSTOCK_HOME = tmp_path / "home"
    return engine_room


def treat(policy, command="", *, by=ALICE):
    leftovers.treat("website", ("Work", "Try"), Treatment(policy, command), by=by)


def record(action):
    """What was told of the work after its action had ended."""
    told = Event.objects.filter(action_execution_id=action.pk, level="work").order_by("id")
    return [(event.state, *event.detail.values()) for event in told]


def again(action):
    return ActionExecution.objects.select_related("lease").get(pk=action.pk)


def log_of(action):
    return places.log_of(action.pk).read_text()


def test_it_is_left_running_as_on_aws_and_its_real_end_is_recorded(room, tmp_path):
    action = begin(room, tmp_path, f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; exit 3")

    with Thread(room, action):
        is_at_work(action, tmp_path)
        abandon(room, action)
        [lease] = leftovers.running(room.pipeline)
        assert lease.action == action
        (tmp_path / "go").touch()

    late = again(action)
    assert (late.status, late.error_message) == ("Abandoned", "")
    assert late.lease.outcome.startswith("Failed: Build terminated")
    assert record(action) == [("ENDED", late.lease.outcome)]
    assert leftovers.running(room.pipeline) == []


def test_one_wish_ends_its_whole_process_tree(room, tmp_path):
    action = begin(room, tmp_path, f"cd .; {STUBBORN.replace('..', str(tmp_path))}")

    with Thread(room, action):
        shell = is_at_work(action, tmp_path)
        wait_until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text())
        child = int((tmp_path / "child").read_text())
        abandon(room, action)
        assert not is_gone(child)

        leftovers.end("website", action.pk, by=ALICE)
        leftovers.end("website", action.pk, by=ALICE)

    assert is_gone(shell)
    assert is_gone(child)
    late = again(action)
    assert (late.status, late.lease.outcome) == ("Abandoned", "Ended, as alice wanted.")
    assert late.lease.released_at is not None
    assert record(action) == [("END WANTED", ALICE.arn), ("ENDED", "Ended, as alice wanted.")]
    assert "as alice wanted" in log_of(action)
    assert not (places.workspaces() / str(action.pk)).exists()


def test_the_policy_of_the_site_ends_it_by_itself(room, tmp_path, settings):
    settings.PENSTOCK_ABANDONED_WORK = "terminate"
    action = begin(room, tmp_path, "sleep 600")

    with Thread(room, action):
        pid = is_at_work(action, tmp_path)
        abandon(room, action)

    assert is_gone(pid)
    assert again(action).status == "Abandoned"
    assert record(action) == [
        ("END WANTED", "its policy"),
        ("ENDED", "Ended, as its policy wanted."),
    ]


def test_the_actions_own_policy_comes_before_the_sites(room, tmp_path, settings):
    settings.PENSTOCK_ABANDONED_WORK = "terminate"
    action = begin(room, tmp_path, f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done")
    treat(Policy.LEAVE)
    looks = Lease.objects.filter(pk=action.pk)

    with Thread(room, action):
        is_at_work(action, tmp_path)
        abandon(room, action)
        before = looks.get().expires_at
        wait_until(lambda: looks.get().expires_at > before)  # it has been looked at since
        (tmp_path / "go").touch()

    assert again(action).lease.outcome == "Succeeded"
    assert record(action) == [("ENDED", "Succeeded")]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ('echo "cleaning $PENSTOCK_ACTION in $(ls)"', "The clean-up succeeded."),
        ("exit 4", "The clean-up failed with exit status 4."),
    ],
)
def test_a_clean_up_runs_where_the_work_was(room, tmp_path, command, said):
    action = begin(room, tmp_path, "sleep 600")
    treat(Policy.CLEANUP, command)

    with Thread(room, action):
        pid = is_at_work(action, tmp_path)
        abandon(room, action)

    assert is_gone(pid)
    assert again(action).lease.outcome == f"Ended, as its policy wanted. {said}"
    assert ("cleaning Try in page.txt" in log_of(action)) is ("echo" in command)


def test_work_that_is_waited_for_is_not_ended(room, tmp_path):
    action = begin(room, tmp_path, f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done")
    treat(Policy.TERMINATE)

    with Thread(room, action):
        is_at_work(action, tmp_path)
        with pytest.raises(NothingToEnd):
            leftovers.end("website", action.pk, by=ALICE)
        (tmp_path / "go").touch()

    assert again(action).status == "Succeeded"
    assert record(action) == []


# kill -9 of the worker


def lose(action):
    """What happens once the lease has run out."""
    wait_until(lambda: not Lease.objects.unexpired().filter(pk=action.pk).exists())
    [lost] = sweeping.work_to_clear_up()
    assert lost == action.pk
    runner.clear_up(lost)
    runner.clear_up(lost)


@pytest.mark.parametrize("policy", [None, Policy.LEAVE, Policy.TERMINATE])
def test_killing_the_worker_leaves_no_process_and_the_end_is_recorded(
    room, tmp_path, settings, policy
):
    settings.PENSTOCK_LEASE_SECONDS = 3
    action = begin(room, tmp_path, "sleep 600")
    worker = Process(room, action)
    pid = is_at_work(action, tmp_path)
    if policy:
        treat(policy)

    abandon(room, action)
    worker.kill()

    wait_until(lambda: is_gone(pid))
    lose(action)
    late = again(action)
    assert late.status == "Abandoned"
    assert late.lease.outcome == "Its worker was lost, and what was left of it was ended."
    assert ("ENDED", late.lease.outcome) in record(action)
    assert not (places.workspaces() / str(action.pk)).exists()
    assert sweeping.work_to_clear_up() == []


def test_a_clean_up_outlives_the_worker_that_should_have_done_it(room, tmp_path, settings):
    settings.PENSTOCK_LEASE_SECONDS = 3
    action = begin(room, tmp_path, "touch made; sleep 600")
    treat(Policy.CLEANUP, f"ls > {tmp_path}/seen")
    worker = Process(room, action)
    is_at_work(action, tmp_path)
    worker.kill()

    abandon(room, action)
    lose(action)

    assert (tmp_path / "seen").read_text() == "made\npage.txt\n"
    assert again(action).lease.outcome.endswith("The clean-up succeeded.")


def test_a_worker_that_is_lost_in_a_clean_up_is_followed_by_another(room, tmp_path, settings):
    settings.PENSTOCK_LEASE_SECONDS = 3
    action = begin(room, tmp_path, "sleep 600")
    treat(Policy.CLEANUP, f"echo $$ >> {tmp_path}/tries; [ -e {tmp_path}/go ] || sleep 600")
    worker = Process(room, action)
    is_at_work(action, tmp_path)

    abandon(room, action)
    wait_until((tmp_path / "tries").exists)
    worker.kill()
    (tmp_path / "go").touch()
    lose(action)

    assert len((tmp_path / "tries").read_text().split()) == 2
    assert again(action).lease.outcome.endswith("The clean-up succeeded.")


# Rules


def test_who_may_not_abandon_may_not_end_it(engine_room):
    engine_room.create(stages=[stage("Source", source()), stage("Work", commands("Try"))])
    action = engine_room.live("Fetch")

    for roles in ({Role.OPERATE}, {Role.ABANDON, Role.READ}):
        caller = Caller(arn=ALICE.arn, roles=frozenset(roles))
        with pytest.raises(AccessDenied):
            leftovers.end("website", action.pk, by=caller)


def test_there_is_nothing_to_end_where_nobody_works(engine_room):
    execution = engine_room.create(
        stages=[stage("Source", source()), stage("Work", commands("Try"))]
    )
    action = engine_room.live("Fetch")
    abandon(engine_room, action)

    with pytest.raises(NothingToEnd, match="nobody here works on it"):
        leftovers.end("website", action.pk, by=ALICE)
    with pytest.raises(ActionNotFound):
        leftovers.end("website", uuid_of_nothing(), by=ALICE)
    assert engine_room.status(execution) == "Stopped"


def test_a_policy_is_the_editors_and_outlives_an_update(engine_room):
    stages = [stage("Source", source()), stage("Work", commands("Try"))]
    engine_room.create(stages=stages)

    with pytest.raises(AccessDenied):
        treat(Policy.TERMINATE, by=Caller(arn=ALICE.arn, roles=frozenset({Role.OPERATE})))
    treat(Policy.TERMINATE)
    engine_room.update(stages=stages)
    engine_room.settle()

    [row] = engine_room.pipeline.abandoned_work_policies.all()
    assert (row.treatment, row.changed_by) == (Treatment(Policy.TERMINATE), ALICE.arn)
    leftovers.treat("website", ("Work", "Try"), None, by=ALICE)
    assert not engine_room.pipeline.abandoned_work_policies.exists()


def test_a_rule_of_the_same_name_has_no_policy_of_its_own(engine_room):
    """A clean-up undoes what the action did, which a rule did not."""
    look = rule("Commands", "Try", "true", inputs=["Code"])
    work = stage("Work", commands("Try"), before_entry=when("FAIL", look))
    engine_room.create(stages=[stage("Source", source()), work])
    engine_room.fetch()
    treat(Policy.CLEANUP, "rm -rf /srv/website")

    looking = engine_room.live("Try")

    assert looking.is_rule
    assert treatments.of(looking) == treatments.of_site()


@pytest.mark.parametrize("command", ["", "  \n", "a\0b", "x" * 10_001])
def test_a_clean_up_needs_a_command_that_can_be_kept(engine_room, command):
    engine_room.create(stages=[stage("Source", source()), stage("Work", commands("Try"))])

    with pytest.raises(InvalidRequest):
        treat(Policy.CLEANUP, command)


def test_an_action_that_is_not_there_has_no_policy(engine_room):
    engine_room.create(stages=[stage("Source", source()), stage("Work", commands("Try"))])

    with pytest.raises(ActionNotFound):
        leftovers.treat("website", ("Work", "Other"), Treatment(), by=ALICE)


def test_what_becomes_of_it_is_no_event_of_awss(engine_room, admin_client):
    execution = engine_room.create(
        stages=[stage("Source", source()), stage("Work", commands("Try"))]
    )
    action = engine_room.live("Fetch")
    Lease.objects.take(action, holder="w", lasting=timedelta(hours=1))
    abandon(engine_room, action)
    leftovers.end("website", action.pk, by=ALICE)

    outbox.spread()

    assert engine_room.events(execution)[-1] == ("work Fetch", "END WANTED")
    page = admin_client.get("/codesuite/settings/events")
    assert page.status_code == 200
    assert "END WANTED" not in page.content.decode()
