"""Work that was left behind: which pages tell of it, who may end it, what is done about it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group

from pipelines import leftovers
from pipelines.core.abandoned_work import Policy, Treatment
from pipelines.core.rights import Role
from pipelines.core.statuses import StopMode
from pipelines.models import AbandonedWorkPolicy, Event, Lease
from tests.api.workers import answers_of, begin, build
from tests.definitions import approval, commands, deploy, source, stage
from tests.engine_room import ALICE

PIPELINE = "/codesuite/codepipeline/pipelines/website"
STAGES = [
    stage("Source", source()),
    stage("Build", commands("Compile"), approval("Ask"), deploy("Ship")),
]
HOLDER = "host-1:4711:abcdef"


@pytest.fixture
def left(engine_room):
    """An abandoned action whose work goes on, and a later execution in its stage."""
    execution = engine_room.create(stages=STAGES)
    engine_room.fetch()
    engine_room.settle()
    action = engine_room.live("Compile")
    Lease.objects.take(action, holder=HOLDER, lasting=timedelta(hours=1))
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()
    return action


@pytest.fixture
def later(engine_room, left):
    execution = engine_room.start()
    engine_room.fetch()
    engine_room.settle()
    return execution


def url(action, what=""):
    return f"{PIPELINE}/executions/{action.execution_id}/actions/{action.pk}{what}"


def text_of(client, address, **query):
    answer = client.get(address, query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


def html_of(client, address):
    return client.get(address).content.decode()


def test_the_pipeline_page_lists_it_with_place_log_and_button(signed_in, left, later):
    html = html_of(signed_in, f"{PIPELINE}/view")

    assert "Work left behind" in html
    assert "host-1, process 4711" in html
    assert f'href="{url(left)}#log"' in html
    assert f'id="end-{left.pk}" data-dialog href="{url(left, "/end")}"' in html


def test_only_the_execution_that_it_is_of_lists_it(signed_in, left, later):
    its_own = html_of(signed_in, f"{PIPELINE}/executions/{left.execution_id}/timeline")
    other = html_of(signed_in, f"{PIPELINE}/executions/{later.pk}/timeline")

    assert 'id="left-behind"' in its_own
    assert f"?next={PIPELINE.replace('/', '%2F')}" in its_own
    assert 'id="left-behind"' not in other


def test_the_stop_preview_says_what_still_runs(signed_in, left, later):
    text = text_of(signed_in, f"{PIPELINE}/stop-execution", execution=later.pk)

    assert "Left behind before" in text
    assert "Runs on; this stop does not change it" in text


def test_a_release_warns_of_it_and_goes_on_all_the_same(signed_in, engine_room, left):
    text = text_of(signed_in, f"{PIPELINE}/release")

    assert "Work that was left behind is still running" in text
    assert f"Compile of execution {str(left.execution_id)[:8]}, on host-1, process 4711" in text
    assert signed_in.post(f"{PIPELINE}/release", {"token": "t"}).status_code == 303


def test_where_nothing_was_left_nothing_is_told(signed_in, engine_room):
    execution = engine_room.create(stages=STAGES)
    Lease.objects.take(
        engine_room.live("Fetch"), holder=HOLDER, lasting=timedelta(hours=1)
    )  # which is waited for

    for page in ("/view", f"/executions/{execution.pk}/timeline", "/stop-execution", "/release"):
        assert "eft behind" not in html_of(signed_in, f"{PIPELINE}{page}")


# Ending it


def test_the_dialog_says_what_is_ended_and_the_button_ends_it(signed_in, left):
    text = text_of(signed_in, url(left, "/end"))
    assert "has been running on host-1, process 4711" in text
    assert "The action stays abandoned" in text

    answer = signed_in.post(url(left, f"/end?next={PIPELINE}/view"))

    assert (answer.status_code, answer.url) == (303, f"{PIPELINE}/view")
    lease = Lease.objects.get()
    assert lease.end_wanted_at is not None
    assert lease.end_wanted_by.endswith("user/alice")
    text = text_of(signed_in, f"{PIPELINE}/view")
    assert "The work of Compile is being ended." in text
    assert "Being ended for alice" in text


def test_the_action_page_has_the_button_and_then_who_wants_it(signed_in, left):
    assert f'id="end-{left.pk}"' in html_of(signed_in, url(left))

    leftovers.end("website", left.pk, by=ALICE)

    assert "Being ended for alice" in text_of(signed_in, url(left))


def test_what_has_ended_meanwhile_is_said_and_refused(signed_in, left):
    Lease.objects.release(left, holder=HOLDER, outcome="Succeeded")

    text = text_of(signed_in, url(left, "/end"))
    assert "No work of Compile is running any more." in text
    answer = signed_in.post(url(left, "/end"))

    assert answer.status_code == 409
    assert "Nothing was ended" in answer.content.decode()
    assert not Event.objects.filter(level="work").exists()


@pytest.mark.parametrize(
    ("roles", "may"),
    [
        ((Role.READ,), False),
        ((Role.OPERATE,), False),
        ((Role.READ, Role.ABANDON), False),
        ((Role.OPERATE, Role.ABANDON), True),
        ((Role.EDIT,), False),
        ((Role.ADMIN,), True),
    ],
)
def test_who_may_abandon_may_end_it(client, django_user_model, left, roles, may):
    user = django_user_model.objects.create_user("mateo")
    user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
    client.force_login(user)

    assert (f'id="end-{left.pk}"' in html_of(client, f"{PIPELINE}/view")) is may
    assert client.get(url(left, "/end")).status_code == (200 if may else 403)
    assert client.post(url(left, "/end")).status_code == (303 if may else 403)
    assert bool(Lease.objects.get().end_wanted_at) is may


# Job workers


def test_a_job_that_a_worker_has_is_listed_until_it_reports(signed_in, engine_room):
    execution = build(engine_room)
    job = begin()
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()
    action = engine_room.latest("Lay")

    text = text_of(signed_in, f"{PIPELINE}/view")
    assert "the job worker of" in text
    assert "Not Penstock's to end" in text.replace("&#x27;", "'")
    assert "which is not Penstock" in text_of(signed_in, url(action, "/end"))
    assert signed_in.post(url(action, "/end")).status_code == 409

    answers_of(job)

    assert "Work left behind" not in text_of(signed_in, f"{PIPELINE}/view")
    page = text_of(signed_in, url(action))
    assert "Its work ended later" in page
    assert "Succeeded." in page


def test_a_job_that_nobody_had_taken_is_no_work(signed_in, engine_room):
    execution = build(engine_room)
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()

    assert "Work left behind" not in text_of(signed_in, f"{PIPELINE}/view")


# What is done about it


POLICY = f"{PIPELINE}/stages/Build/actions/Compile/abandoned-work"


def test_the_action_page_says_what_is_done_and_leads_to_the_dialog(signed_in, settings, left):
    assert "Its work is left running, as on AWS (as everywhere here)" in text_of(
        signed_in, url(left)
    )
    assert f'href="{POLICY}?next=' in html_of(signed_in, url(left))

    settings.PENSTOCK_ABANDONED_WORK = "terminate"
    assert "Its work is ended (as everywhere here)" in text_of(signed_in, url(left))

    leftovers.treat("website", ("Build", "Compile"), Treatment(Policy.CLEANUP, "rm x"), by=ALICE)
    assert "then a clean-up command runsrm x" in text_of(signed_in, url(left))


def test_a_policy_is_chosen_kept_and_given_up(signed_in, engine_room, left):
    asked = {"policy": "cleanup", "command": "make clean\r\nrm -rf x"}
    answer = signed_in.post(f"{POLICY}?next={url(left)}", asked)

    assert (answer.status_code, answer.url) == (303, url(left))
    row = AbandonedWorkPolicy.objects.get()
    assert row.treatment == Treatment(Policy.CLEANUP, "make clean\nrm -rf x")
    assert "make clean" in html_of(signed_in, POLICY)

    assert signed_in.post(POLICY, {"policy": "terminate", "command": "ignored"}).status_code == 303
    assert AbandonedWorkPolicy.objects.get().treatment == Treatment(Policy.TERMINATE)

    assert signed_in.post(POLICY, {"policy": "site"}).status_code == 303
    assert not AbandonedWorkPolicy.objects.exists()


@pytest.mark.parametrize("asked", [{"policy": "cleanup", "command": " "}, {"policy": "x"}, {}])
def test_a_policy_that_cannot_be_is_refused_in_the_dialog(signed_in, left, asked):
    answer = signed_in.post(POLICY, asked)

    assert answer.status_code == 400
    assert not AbandonedWorkPolicy.objects.exists()


def test_a_policy_is_for_who_may_edit(client, django_user_model, left):
    user = django_user_model.objects.create_user("mateo")
    user.groups.set([Group.objects.create(name=Role.OPERATE)])
    client.force_login(user)

    assert f'href="{POLICY}' not in html_of(client, url(left))
    assert client.get(POLICY).status_code == 403
    assert client.post(POLICY, {"policy": "terminate"}).status_code == 403


def test_the_preview_says_what_the_policies_will_do(signed_in, settings, later):
    settings.PENSTOCK_ABANDONED_WORK = "terminate"
    leftovers.treat("website", ("Build", "Ship"), Treatment(Policy.CLEANUP, "rm x"), by=ALICE)

    preview = signed_in.get(f"{PIPELINE}/stop-execution").context["page"].preview

    assert [line.then_abandon for line in preview.actions] == [
        "Abandoned; its commands are ended",
        "Abandoned; it can no longer be answered",
        "Abandoned; its deployment is ended, then its clean-up runs",
    ]
    assert preview.warning == (
        "As the policy says, the commands of Compile and the deployment of Ship are ended within"
        " seconds. Then the clean-up of Ship runs. 1 approval can no longer be given."
    )


def test_the_preview_tells_apart_what_is_left_and_what_is_ended(signed_in, later):
    leftovers.treat("website", ("Build", "Ship"), Treatment(Policy.TERMINATE), by=ALICE)

    preview = signed_in.get(f"{PIPELINE}/stop-execution").context["page"].preview

    assert "the commands of Compile run on to their own end" in preview.warning
    assert "As the policy says, the deployment of Ship is ended within seconds." in preview.warning
