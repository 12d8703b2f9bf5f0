"""The dialog Review: what is asked, and the answer."""

import pytest

from pipelines.models import ActionExecution
from tests.definitions import approval, source, stage
from tests.engine_room import ALICE

PIPELINE = "/codesuite/codepipeline/pipelines/website"
URL = f"{PIPELINE}/stages/Approve/actions/Ask/review"
ASKED = {
    "CustomData": "Line one\n<b>two</b> 😀",
    "ExternalEntityLink": "https://example.com/preview?a=1",
}


@pytest.fixture
def create(engine_room):
    def create(**configuration):
        question = approval("Ask", configuration=configuration or ASKED)
        execution = engine_room.create(
            stages=[stage("Source", source()), stage("Approve", question)]
        )
        engine_room.succeed("Fetch")
        engine_room.settle()
        return execution

    return create


@pytest.fixture
def waiting(create):
    """The action execution that waits."""
    create()
    return ActionExecution.objects.get(action_name="Ask")


def answered(action):
    return ActionExecution.objects.get(pk=action.pk)


def test_it_shows_what_is_asked(signed_in, waiting):
    text = signed_in.get(URL).content.decode()

    assert '<bdi class="cs-verbatim">Line one\n&lt;b&gt;two&lt;/b&gt; 😀</bdi>' in text
    assert 'href="https://example.com/preview?a=1" rel="noreferrer"' in text
    assert f'value="{waiting.token}"' in text


def test_a_link_that_is_no_web_address_is_shown_but_leads_nowhere(signed_in, create):
    create(ExternalEntityLink="javascript:alert(1)")

    text = signed_in.get(URL).content.decode()

    assert "<bdi>javascript:alert(1)</bdi>" in text
    assert 'href="javascript' not in text


def test_approving_lets_the_pipeline_go_on(signed_in, engine_room, waiting):
    comments = "Fine\n" + "😀" * 507

    answer = signed_in.post(
        URL,
        {
            "token": waiting.token,
            "status": "Approved",
            "summary": comments.replace("\n", "\r\n"),
        },
    )
    engine_room.settle()

    assert (answer.status_code, answer.url) == (303, f"{PIPELINE}/view")
    assert answered(waiting).status == "Succeeded"
    assert answered(waiting).summary == comments
    assert answered(waiting).updated_by == ALICE.arn


def test_rejecting_fails_the_action(signed_in, waiting):
    signed_in.post(URL, {"token": waiting.token, "status": "Rejected", "summary": ""})

    assert answered(waiting).status == "Failed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": ""},
        {"status": "Perhaps"},
        {"summary": "x" * 513},
        {"summary": "nul \0"},
        {"token": ""},
    ],
)
def test_what_is_not_an_answer_changes_nothing_and_stays_in_the_form(signed_in, waiting, wrong):
    asked = {"token": waiting.token, "status": "Approved", "summary": "kept"} | wrong

    answer = signed_in.post(URL, asked)

    assert answer.status_code == 400
    assert answered(waiting).status == "InProgress"
    assert answer.context["form"]["summary"].value() == asked["summary"]


def test_an_old_page_cannot_answer_a_new_approval(signed_in, engine_room, waiting):
    signed_in.post(URL, {"token": waiting.token, "status": "Rejected", "summary": ""})
    engine_room.settle()
    engine_room.start()
    engine_room.succeed("Fetch")
    engine_room.settle()
    new = engine_room.live("Ask")

    answer = signed_in.post(
        URL, {"token": waiting.token, "status": "Approved", "summary": "<kept>"}
    )
    text = answer.content.decode()

    assert answer.status_code == 409
    assert "has already been approved or rejected" in text
    assert "&lt;kept&gt;" in text
    assert f'href="{URL}">Look again</a>' in text
    assert new.token not in text
    assert answered(new).status == "InProgress"


def test_an_approval_that_waits_no_more_shows_who_answered(signed_in, waiting):
    signed_in.post(URL, {"token": waiting.token, "status": "Approved", "summary": "Go <on>"})

    text = signed_in.get(URL).content.decode()

    assert "does not wait for an answer now" in text
    assert "Answered by <bdi>alice</bdi>" in text
    assert "Go &lt;on&gt;" in text
    assert ">Submit</button>" not in text


def test_an_approval_that_was_never_reached_says_so(signed_in, engine_room):
    engine_room.create(stages=[stage("Source", source()), stage("Approve", approval("Ask"))])

    assert "Not started" in signed_in.get(URL).content.decode()


def test_an_action_that_does_not_exist_is_not_found(signed_in, waiting):
    assert signed_in.get(URL.replace("Ask", "Nobody")).status_code == 404
