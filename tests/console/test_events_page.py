"""The list of events, and the pages of event targets."""

import json

import pytest
from django.contrib.auth.models import Group

from pipelines import event_targets, outbox, tasks
from pipelines.event_targets import Settings
from pipelines.models import EventDelivery, EventTarget
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE
from tests.receiver import receiving

EVENTS = "/codesuite/settings/events"
TARGETS = "/codesuite/settings/event-targets"
CREATE = "/codesuite/settings/event-target/new"
STAGES = [stage("Source", source()), stage("Build", commands())]
FILLED_IN = {
    "name": "chat",
    "url": "https://chat.example/hooks/abc123",
    "pattern": '{"detail": {"state": ["FAILED"]}}',
    "secret": "s3cret",
    "is_enabled": "on",
}


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path


@pytest.fixture
def reader(client, django_user_model):
    user = django_user_model.objects.create_user("bob")
    user.groups.add(Group.objects.get_or_create(name="read")[0])
    client.force_login(user)
    return client


@pytest.fixture
def chat(db):
    said = Settings(url=FILLED_IN["url"], pattern={"detail": {"state": ["STARTED"]}}, secret="x")
    return event_targets.create("chat", said, by=ALICE)


def text_of(response):
    return response.content.decode()


def test_events_are_listed_newest_first_with_what_eventbridge_would_send(signed_in, engine_room):
    execution = engine_room.create(stages=STAGES)
    page = signed_in.get(EVENTS).context["page"]
    assert [(row.level, row.where, row.state) for row in page.rows] == [
        ("Action", "Source / Fetch", "STARTED"),
        ("Stage", "Source", "STARTED"),
        ("Pipeline", "", "STARTED"),
    ]
    assert json.loads(page.rows[0].text)["detail"]["execution-id"] == str(execution.pk)


def test_events_of_one_pipeline_page_by_page(signed_in, engine_room):
    engine_room.create(stages=STAGES)
    for _ in range(30):
        engine_room.start()
    first = signed_in.get(EVENTS, {"pipeline": "website"})
    page = first.context["page"]
    assert len(page.rows) == 25
    assert page.first_url == ""
    second = signed_in.get(EVENTS + page.next_url).context["page"]
    assert second.rows[0].number < page.rows[-1].number
    assert second.first_url == "?pipeline=website"
    assert signed_in.get(EVENTS, {"pipeline": "other"}).context["page"].rows == ()
    assert "There are no events to display" in text_of(signed_in.get(EVENTS + "?pipeline=other"))


@pytest.mark.parametrize("before", ["x", "-1", "²", "9" * 19, "9" * 40])
def test_an_odd_place_is_no_fault(signed_in, before):
    assert signed_in.get(EVENTS, {"before": before}).status_code == 200


def test_the_list_costs_the_same_however_many_there_are(
    signed_in, engine_room, django_assert_num_queries
):
    engine_room.create(stages=STAGES)
    for _ in range(8):
        engine_room.start()
    with django_assert_num_queries(5):  # session, user, events, actions, stays
        signed_in.get(EVENTS)


def test_a_target_is_created_as_the_form_says(signed_in):
    answer = signed_in.post(CREATE, FILLED_IN, follow=True)
    assert "Event target chat is created." in text_of(answer)
    row = EventTarget.objects.get()
    assert (row.url, row.pattern) == (FILLED_IN["url"], json.loads(FILLED_IN["pattern"]))
    assert row.is_enabled
    assert row.updated_by.endswith(":user/alice")
    assert "s3cret" not in row.sealed_secret
    assert [each.name for each in answer.context["rows"]] == ["chat"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "a b"}, "A name has 1 to 64 letters, digits, full stops, - and _."),
        ({"url": "ftp://x"}, "An address begins with http:// or https://"),
        ({"url": "http://u:p@x"}, "An address has no password in it."),
        ({"pattern": "{"}, "It is not JSON."),
        ({"pattern": "[" * 2000}, "It is not JSON."),
        ({"pattern": "[]"}, "it must be an object"),
        ({"pattern": '{"a": "b"}'}, "a must be a list of values or an object of fields"),
        ({"secret": "a\0"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_is_said_in_the_form(signed_in, change, problem):
    answer = signed_in.post(CREATE, FILLED_IN | change)
    assert answer.status_code == 400
    assert problem in text_of(answer).replace("&#x27;", "'")
    assert "s3cret" not in text_of(answer)
    assert not EventTarget.objects.exists()


def test_a_name_is_taken_once_and_there_is_a_bound(signed_in, chat):
    assert "There is an event target of the name chat." in text_of(
        signed_in.post(CREATE, FILLED_IN)
    )
    for number in range(19):
        event_targets.create(f"t{number}", Settings(url="http://a"), by=ALICE)
    refused = text_of(signed_in.post(CREATE, FILLED_IN | {"name": "more"}))
    assert "There are 20 event targets, and there can be no more." in refused


def test_a_secret_is_kept_replaced_or_forgotten(signed_in, chat):
    edit = f"{TARGETS}/chat/edit"
    assert "There is one. Leave this empty to keep it." in text_of(signed_in.get(edit))
    said = {"url": "https://chat.example/new", "is_enabled": "on"}
    before = chat.sealed_secret
    signed_in.post(edit, said)
    chat.refresh_from_db()
    assert (chat.url, chat.pattern, chat.sealed_secret) == (said["url"], {}, before)
    signed_in.post(edit, said | {"secret": "new"})
    chat.refresh_from_db()
    assert chat.sealed_secret not in {"", before}
    signed_in.post(edit, said | {"without_secret": "on"})
    chat.refresh_from_db()
    assert chat.sealed_secret == ""


def test_a_target_is_deleted_with_what_it_was_told(signed_in, engine_room, chat):
    engine_room.create(stages=STAGES)
    outbox.spread()
    assert "Delete <b>chat</b>?" in text_of(signed_in.get(f"{TARGETS}/chat/delete"))
    answer = signed_in.post(f"{TARGETS}/chat/delete", follow=True)
    assert "Event target chat is deleted." in text_of(answer)
    assert not EventDelivery.objects.exists()
    assert signed_in.get(f"{TARGETS}/chat/").status_code == 404


def test_deliveries_show_what_became_of_them(signed_in, engine_room, chat):
    with receiving(500) as receiver:
        EventTarget.objects.update(url=receiver.url)
        engine_room.create(stages=STAGES)
        for target_id in outbox.spread():
            outbox.deliver(target_id)
    answer = signed_in.get(f"{TARGETS}/chat/")
    assert "It has failed once." in text_of(answer)
    *waiting, failed = answer.context["rows"]
    assert failed.said == "It answered with status 500."
    assert failed.next_attempt_at is not None
    assert [(row.words.label, row.attempts) for row in waiting] == [("Pending", 0)] * 2
    assert text_of(signed_in.get(TARGETS)).count("Failed once") == 1


def test_a_delivery_is_sent_again_on_demand(signed_in, engine_room, chat, monkeypatch):
    told: list[int] = []
    monkeypatch.setattr(tasks, "tell", told.append)
    engine_room.create(stages=STAGES)
    outbox.spread()
    delivery = EventDelivery.objects.earliest("pk")
    answer = signed_in.post(f"{TARGETS}/chat/deliveries/{delivery.pk}/again")
    assert answer.status_code == 302
    assert told == [chat.pk]


def test_who_may_only_look_sees_no_addresses_and_changes_nothing(reader, engine_room, chat):
    for page in (TARGETS, f"{TARGETS}/chat/"):
        text = text_of(reader.get(page))
        assert "https://chat.example/…" in text
        assert "abc123" not in text
    for page in (CREATE, f"{TARGETS}/chat/edit", f"{TARGETS}/chat/delete"):
        assert reader.get(page).status_code == 403
    assert reader.post(CREATE, FILLED_IN | {"name": "other"}).status_code == 403
    assert reader.post(f"{TARGETS}/chat/delete").status_code == 403
    assert reader.post(f"{TARGETS}/chat/deliveries/1/again").status_code == 403
    assert EventTarget.objects.count() == 1
