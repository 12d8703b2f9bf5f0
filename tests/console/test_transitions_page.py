"""The dialogs Disable transition and Enable transition, which are pages too."""

import pytest

from pipelines import transitions
from pipelines.core.statuses import TransitionType
from pipelines.models import Stage
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE

PIPELINE = "/codesuite/codepipeline/pipelines/website"
VIEW = f"{PIPELINE}/view"
DISABLE = f"{PIPELINE}/stages/Build/transition/disable"
ENABLE = f"{PIPELINE}/stages/Build/transition/enable"


@pytest.fixture
def execution(engine_room):
    return engine_room.create(stages=[stage("Source", source()), stage("Build", commands())])


def build():
    return Stage.objects.get(name="Build")


def test_nobody_gets_there_without_signing_in(client, execution):
    assert client.post(DISABLE, {"reason": "Held"}).status_code == 302
    assert build().inbound_enabled


def test_a_stage_that_does_not_exist_is_not_found(signed_in, execution):
    assert signed_in.get(DISABLE.replace("Build", "Nowhere")).status_code == 404


def test_without_javascript_it_is_a_page(signed_in, execution):
    text = signed_in.get(DISABLE).content.decode()

    assert "<!doctype html>" in text
    assert '<h1 id="dialog-title">Disable transition</h1>' in text
    assert f'href="{VIEW}"' in text


def test_for_the_dialog_it_is_the_form_alone(signed_in, execution):
    answer = signed_in.get(DISABLE, headers={"HX-Request": "true"})

    assert "<!doctype" not in answer.content.decode()
    assert '<h2 id="dialog-title">' in answer.content.decode()
    assert "HX-Request" in answer.headers["Vary"]


def test_disabling_asks_for_a_reason_and_goes_back_with_a_word(signed_in, execution):
    answer = signed_in.post(DISABLE, {"reason": "Held (see runbook)."})

    assert (answer.status_code, answer.url) == (303, VIEW)
    assert not build().inbound_enabled
    assert build().inbound_reason == "Held (see runbook)."
    assert build().inbound_changed_by == ALICE.arn
    assert "The transition into Build is disabled." in signed_in.get(VIEW).content.decode()


@pytest.mark.parametrize("reason", ["", "x" * 301, "Why, oh why", "two\nlines", "😀"])
def test_a_reason_that_aws_refuses_changes_nothing_and_stays_in_the_form(
    signed_in, execution, reason
):
    answer = signed_in.post(DISABLE, {"reason": reason})

    assert answer.status_code == 400
    assert build().inbound_enabled
    assert answer.context["form"]["reason"].value() == reason
    assert answer.context["form"].errors["reason"]


def test_enabling_says_who_disabled_it_and_who_waits(signed_in, engine_room, execution):
    transitions.disable("website", "Build", reason="Held (see runbook).", by=ALICE)
    engine_room.succeed("Fetch", artifacts={"Code": "key"})
    engine_room.settle()

    text = signed_in.get(ENABLE).content.decode()

    assert "Held (see runbook)." in text
    assert "<bdi>alice</bdi>" in text
    assert f"Execution <b>{str(execution.id)[:8]}</b> waits in front of Build" in text


def test_enabling_opens_the_way(signed_in, execution):
    transitions.disable("website", "Build", reason="Held", by=ALICE)

    answer = signed_in.post(ENABLE, {"side": "Inbound"})

    assert (answer.status_code, answer.url) == (303, VIEW)
    assert build().inbound_enabled


def test_the_way_out_of_a_stage_can_be_enabled_too(signed_in, execution):
    side = TransitionType.OUTBOUND
    transitions.disable("website", "Source", reason="Held", by=ALICE, transition=side)
    url = f"{PIPELINE}/stages/Source/transition/enable?side=Outbound"

    page = signed_in.get(url)
    signed_in.post(url, {"side": page.context["form"]["side"].value()})

    assert page.context["transition"].into == "Build"
    assert Stage.objects.get(name="Source").outbound_enabled


def test_enabling_what_is_enabled_is_no_harm(signed_in, execution):
    first = f"{PIPELINE}/stages/Source/transition/enable"

    assert "is enabled already" in signed_in.get(first).content.decode()
    assert signed_in.post(first, {"side": "Inbound"}).status_code == 303


def test_a_side_that_does_not_exist_is_refused(signed_in, execution):
    assert signed_in.post(ENABLE, {"side": "Upside"}).status_code == 400


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        (f"{PIPELINE}/executions?status=Failed", f"{PIPELINE}/executions?status=Failed"),
        ("https://example.com/", VIEW),
        ("//example.com/", VIEW),
        ("javascript:alert(1)", VIEW),
    ],
)
def test_it_goes_back_to_where_the_person_came_from_if_that_is_ours(
    signed_in, execution, asked, page
):
    answer = signed_in.post(DISABLE, {"reason": "Held"}, query_params={"next": asked})

    assert answer.url == page
