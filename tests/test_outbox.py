"""Events as EventBridge sends them, and their way to the targets that want to know."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines import definitions, event_targets, outbox, secrets, tasks
from pipelines.core.statuses import StopMode
from pipelines.event_targets import Settings
from pipelines.models import Event, EventDelivery, EventTarget
from pipelines.models.event_targets import DeliveryStatus
from pipelines.outbox.delivering import wait_after
from tests.definitions import approval, commands, source, stage
from tests.engine_room import ALICE
from tests.receiver import receiving

STAGES = [stage("Source", source()), stage("Build", commands("Compile", outputs=["Site"]))]


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path


@pytest.fixture
def told(monkeypatch):
    """The targets that tasks were to tell."""
    ids: list[int] = []
    monkeypatch.setattr(tasks, "tell", ids.append)
    return ids


def target(receiver, pattern=None, *, name="ops", **said):
    settings = Settings(url=f"{receiver.url}/events", pattern=pattern or {}, **said)
    return event_targets.create(name, settings, by=ALICE)


def sent(execution):
    """The envelopes of an execution's events, oldest first."""
    events = Event.objects.filter(execution=execution).select_related("pipeline", "execution")
    return outbox.envelopes(list(events.order_by("id")))


def details(execution):
    return [each["detail"] for each in sent(execution)]


def deliver_all():
    for target_id in outbox.spread():
        while outbox.deliver(target_id):
            pass


def bodies(receiver):
    return [json.loads(request.body) for request in receiver.requests]


def test_an_execution_that_starts_is_told_of_as_aws_does(engine_room):
    execution = engine_room.create(stages=STAGES)
    envelope = sent(execution)[0]
    at = Event.objects.earliest("pk").at
    detail = envelope.pop("detail")
    assert envelope.pop("id") == sent(execution)[0]["id"]
    assert envelope == {
        "version": "0",
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "source": "aws.codepipeline",
        "account": "123456789012",
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "us-east-1",
        "resources": ["arn:aws:codepipeline:us-east-1:123456789012:website"],
    }
    started = execution.started_at
    assert detail == {
        "pipeline": "website",
        "execution-id": str(execution.pk),
        "start-time": started.strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{started.microsecond // 1000:03d}Z",
        "execution-trigger": {"trigger-type": "CreatePipeline", "trigger-detail": ALICE.arn},
        "state": "STARTED",
        "version": 1.0,
        "pipeline-execution-attempt": 1.0,
    }
    assert '"version": 1.0' in json.dumps(detail)


def test_actions_are_told_of_with_what_they_take_and_make(engine_room):
    execution = engine_room.create(stages=STAGES)
    engine_room.fetch()
    engine_room.settle()
    engine_room.fail("Compile")
    engine_room.settle()
    by_action = [each for each in details(execution) if "action" in each]
    [fetching, fetched, compiling, failed] = by_action
    code = [{"name": "Code", "s3location": {"bucket": "artifacts", "key": "website/Code/abcdefg"}}]
    assert [each["state"] for each in by_action] == ["STARTED", "SUCCEEDED", "STARTED", "FAILED"]
    assert fetching["type"] == {
        "owner": "AWS",
        "category": "Source",
        "provider": "CodeCommit",
        "version": "1",
    }
    assert fetching["region"] == "us-east-1"
    assert fetching["action-execution-id"] == fetched["action-execution-id"]
    assert "input-artifacts" not in fetching
    assert fetched["output-artifacts"] == compiling["input-artifacts"] == code
    assert "execution-result" not in compiling
    assert failed["execution-result"] == {
        "external-execution-summary": "No.",
        "error-code": "JobFailed",
    }


def test_every_state_of_a_stop_is_told(engine_room):
    execution = engine_room.create(stages=STAGES)
    engine_room.stop(execution, StopMode.ABANDON, reason="Stopping the pipeline for an update")
    engine_room.settle()
    told = [(each.get("action") or each.get("stage"), each["state"]) for each in details(execution)]
    assert told == [
        (None, "STARTED"),
        ("Source", "STARTED"),
        ("Fetch", "STARTED"),
        (None, "STOPPING"),
        ("Source", "STOPPING"),
        ("Fetch", "ABANDONED"),
        ("Source", "STOPPED"),
        (None, "STOPPED"),
    ]
    stopping = details(execution)[3]
    assert stopping["stop-execution-comments"] == "Stopping the pipeline for an update"
    assert "execution-trigger" not in stopping
    assert "execution-result" not in details(execution)[5]


def test_a_stage_that_was_retried_says_when(engine_room):
    execution = engine_room.create(stages=STAGES)
    engine_room.fail("Fetch")
    engine_room.settle()
    engine_room.retry(execution, "Source")
    engine_room.settle()
    engine_room.fetch()
    engine_room.settle()
    of_source = [
        (each["state"], "stage-last-retry-attempt-time" in each, each["pipeline-execution-attempt"])
        for each in details(execution)
        if each.get("stage") == "Source" and "action" not in each
    ]
    assert of_source == [
        ("STARTED", False, 1.0),
        ("FAILED", False, 1.0),
        ("RESUMED", True, 2.0),
        ("SUCCEEDED", True, 2.0),
    ]
    pipeline = [each["state"] for each in details(execution) if "stage" not in each]
    assert pipeline == ["STARTED", "FAILED", "RESUMED"]


def test_what_git_triggered_is_told_with_every_state(engine_room):
    execution = engine_room.create(stages=STAGES)
    change = {"branch-name": "main", "commit-id": "5b2c"}
    execution.trigger_type, execution.trigger_detail = "WebhookV2", json.dumps(change)
    execution.save()
    engine_room.fail("Fetch")
    engine_room.settle()
    [started, failed] = [each for each in details(execution) if "stage" not in each]
    assert started["execution-trigger"] == {"trigger-type": "WebhookV2", **change}
    assert failed["execution-trigger"] == change


def test_a_trigger_that_is_no_json_is_told_as_it_is(engine_room):
    execution = engine_room.create(stages=STAGES)
    execution.trigger_type, execution.trigger_detail = "WebhookV2", "odd"
    execution.save()
    assert details(execution)[0]["execution-trigger"] == {
        "trigger-type": "WebhookV2",
        "trigger-detail": "odd",
    }


def test_envelopes_cost_the_same_however_many_there_are(engine_room, django_assert_num_queries):
    execution = engine_room.create(stages=STAGES)
    engine_room.fail("Fetch")
    engine_room.settle()
    engine_room.retry(execution, "Source")
    for _ in range(3):
        engine_room.settle()
        engine_room.start()
    events = list(Event.objects.select_related("pipeline", "execution"))
    with django_assert_num_queries(3):  # actions, stays, retries
        outbox.envelopes(events)


def test_a_target_is_sent_what_its_pattern_selects_once_and_signed(engine_room):
    with receiving() as receiver:
        target(receiver, {"detail": {"state": ["FAILED"]}}, secret="s3cret")
        engine_room.create(stages=STAGES)
        engine_room.fail("Fetch")
        engine_room.settle()
        deliver_all()
        deliver_all()
    names = [each["detail-type"].split()[1] for each in bodies(receiver)]
    assert names == ["Action", "Stage", "Pipeline"]
    request = receiver.requests[0]
    digest = hmac.new(b"s3cret", request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-penstock-signature-256"] == f"sha256={digest}"
    assert request.headers["x-penstock-event-id"] == json.loads(request.body)["id"]
    assert request.path == "/events"
    assert set(EventDelivery.objects.values_list("status", "last_status")) == {("Delivered", 200)}


def test_without_a_secret_nothing_is_signed(engine_room):
    with receiving() as receiver:
        target(receiver)
        engine_room.create(stages=STAGES)
        deliver_all()
    assert "x-penstock-signature-256" not in receiver.requests[0].headers


def test_a_target_is_not_told_of_what_was_before_it(engine_room):
    engine_room.create(stages=STAGES)
    with receiving() as receiver:
        target(receiver)
        deliver_all()
        assert receiver.requests == []
    assert not Event.objects.filter(is_spread=False).exists()


def test_without_targets_events_are_not_kept_for_later(engine_room):
    engine_room.create(stages=STAGES)
    assert outbox.spread() == []
    assert not Event.objects.filter(is_spread=False).exists()


def test_what_fails_is_sent_again_later_and_holds_up_the_rest(engine_room):
    with receiving(500, 200) as receiver:
        row = target(receiver)
        engine_room.create(stages=STAGES)
        deliver_all()
        row.refresh_from_db()
        first = EventDelivery.objects.earliest("pk")
        assert len(receiver.requests) == 1
        assert (first.status, first.attempts, first.last_error) == (
            DeliveryStatus.PENDING,
            1,
            "It answered with status 500.",
        )
        assert first.next_attempt_at > timezone.now()
        assert row.paused_until > timezone.now()
        assert outbox.spread() == []
        forget_the_wait()
        deliver_all()
    row.refresh_from_db()
    assert (row.failures, row.paused_until, row.held_until) == (0, None, None)
    assert len(receiver.requests) == 4
    assert [request.headers["x-penstock-attempt"] for request in receiver.requests] == [
        *("1", "2", "1", "1")
    ]


def forget_the_wait():
    past = timezone.now() - timedelta(seconds=1)
    EventDelivery.objects.filter(status="Pending").update(next_attempt_at=past)
    EventTarget.objects.update(paused_until=past)


def test_waits_grow_to_a_bound():
    waits = [wait_after(failures).total_seconds() for failures in (1, 2, 3, 4, 50, 10**6)]
    assert waits == [5, 10, 20, 40, 900, 900]


@pytest.mark.parametrize("status", [301, 400, 403, 404, 410])
def test_what_is_refused_for_good_is_not_sent_again(engine_room, status):
    with receiving(status, 200) as receiver:
        target(receiver)
        engine_room.create(stages=STAGES)
        deliver_all()
    first, *others = EventDelivery.objects.order_by("pk")
    assert (first.status, first.last_status) == (DeliveryStatus.FAILED, status)
    assert {each.status for each in others} == {DeliveryStatus.DELIVERED}


def test_a_day_of_failures_is_the_end(engine_room):
    with receiving(503) as receiver:
        target(receiver, {"detail-type": [{"prefix": "CodePipeline Pipeline"}]})
        engine_room.create(stages=STAGES)
        outbox.spread()
        EventDelivery.objects.update(created_at=timezone.now() - timedelta(hours=24))
        deliver_all()
    delivery = EventDelivery.objects.get()
    assert delivery.status == DeliveryStatus.FAILED
    assert delivery.last_error == "It answered with status 503. Given up after a day."


def test_an_unreachable_target_keeps_nothing_from_the_others(engine_room):
    with receiving() as gone, receiving() as receiver:
        target(gone, name="gone")
        EventTarget.objects.filter(name="gone").update(url="http://127.0.0.1:1/")
        target(receiver, name="here")
        engine_room.create(stages=STAGES)
        deliver_all()
        assert len(receiver.requests) == 3
    gone_ones = EventDelivery.objects.filter(target__name="gone")
    assert [each.last_error for each in gone_ones.order_by("pk")] == [
        "Nobody listens there: the connection was refused.",
        "",
        "",
    ]


def test_one_process_at_a_time_sends_to_a_target(engine_room):
    with receiving() as receiver:

        def send_again(_request, handler):
            assert outbox.deliver(row.pk) is False
            handler.send_response(204)
            handler.end_headers()

        row = target(receiver)
        engine_room.create(stages=STAGES)
        outbox.spread()
        EventTarget.objects.update(held_until=timezone.now() + timedelta(seconds=60))
        assert outbox.deliver(row.pk) is False
        assert receiver.requests == []
        EventTarget.objects.update(held_until=timezone.now())  # whoever held it is gone
        assert outbox.deliver(row.pk) is False
        assert len(receiver.requests) == 3


def test_a_disabled_target_and_one_that_is_gone_are_left_alone(engine_room):
    with receiving() as receiver:
        row = target(receiver)
        engine_room.create(stages=STAGES)
        outbox.spread()
        event_targets.update("ops", Settings(url=receiver.url, is_enabled=False), by=ALICE)
        assert outbox.spread() == []
        assert outbox.deliver(row.pk) is False
        event_targets.delete("ops", by=ALICE)
        assert outbox.deliver(row.pk) is False
        assert receiver.requests == []


def test_deliveries_outlive_their_pipeline(engine_room):
    with receiving() as receiver:
        target(receiver)
        engine_room.create(stages=STAGES)
        outbox.spread()
        definitions.delete("website", by=ALICE)
        deliver_all()
    assert len(receiver.requests) == 3


def test_a_secret_that_cannot_be_opened_is_said_and_tried_again(engine_room, tmp_path):
    with receiving() as receiver:
        target(receiver, secret="s3cret")
        engine_room.create(stages=STAGES)
        outbox.spread()
        (tmp_path / "secrets" / "access_keys").unlink()
        deliver_all()
        assert receiver.requests == []
    assert "is missing" in EventDelivery.objects.earliest("pk").last_error


def test_secrets_of_targets_are_sealed_and_sealed_again(db):
    with receiving() as receiver:
        row = target(receiver, secret="s3cret")
    before = row.sealed_secret
    assert "s3cret" not in before
    secrets.check_readable()
    assert secrets.reseal() == 1
    row.refresh_from_db()
    assert row.sealed_secret != before
    assert secrets.unseal(row.sealed_secret, of=str(row)) == "s3cret"


def test_sending_once_more_is_for_those_who_ask(engine_room, told):
    with receiving(404, 200) as receiver:
        row = target(receiver, {"detail-type": [{"prefix": "CodePipeline Pipeline"}]})
        engine_room.create(stages=STAGES)
        deliver_all()
        delivery = EventDelivery.objects.get()
        assert delivery.status == DeliveryStatus.FAILED
        event_targets.deliver_again("ops", delivery.pk, by=ALICE)
        assert told == [row.pk]
        outbox.deliver(row.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.ended_at is None) == (DeliveryStatus.DELIVERED, False)


def test_the_old_goes_and_what_histories_need_stays(engine_room):
    execution = engine_room.create(stages=STAGES)
    engine_room.fail("Fetch")
    engine_room.settle()
    engine_room.retry(execution, "Source")
    engine_room.settle()
    with receiving() as receiver:
        target(receiver)
        engine_room.start()
        deliver_all()
    old = timezone.now() - timedelta(days=91)
    EventDelivery.objects.update(ended_at=timezone.now() - timedelta(days=8))
    recent = Event.objects.filter(execution=execution)
    recent.update(at=old)
    outbox.clean()
    assert not EventDelivery.objects.exists()
    assert list(recent.values_list("level", "state")) == [("pipeline", "RESUMED")]
    assert Event.objects.exclude(execution=execution).exists()


def test_failed_deliveries_are_kept_longer(engine_room):
    with receiving(404) as receiver:
        target(receiver)
        engine_room.create(stages=STAGES)
        deliver_all()
    EventDelivery.objects.update(ended_at=timezone.now() - timedelta(days=8))
    outbox.clean()
    assert EventDelivery.objects.count() == 3
    EventDelivery.objects.update(ended_at=timezone.now() - timedelta(days=31))
    outbox.clean()
    assert EventDelivery.objects.count() == 0


def test_an_approval_is_told_of_without_its_token(engine_room):
    ask = [stage("Source", source()), stage("Ask", approval())]
    execution = engine_room.create(stages=ask)
    engine_room.fetch()
    engine_room.settle()
    action = engine_room.live("Ask")
    engine_room.answer(action, summary="Fine")
    engine_room.settle()
    assert action.token not in json.dumps(sent(execution))
    [_, answered] = [each for each in details(execution) if each.get("action") == "Ask"]
    assert answered["execution-result"] == {"external-execution-summary": "Fine"}
