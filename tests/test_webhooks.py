"""What comes to the address of a webhook: GitHub's pushes, curl, strangers, and what breaks."""

import hashlib
import hmac
import json

import pytest

from pipelines import definitions, webhooks
from pipelines.api import hooks
from pipelines.models import HookDelivery, PipelineExecution, Webhook
from pipelines.models.webhooks import KEPT
from tests.definitions import definition
from tests.engine_room import ALICE

PUSH = {"ref": "refs/heads/main", "after": "5b2c9c51", "commits": [{"id": "5b2c9c51"}]}
SECRET = "s3cret"


@pytest.fixture(autouse=True)
def website(engine_room, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    definitions.create(definition(), by=ALICE)
    return engine_room


def put(authentication="GITHUB_HMAC", **configuration):
    if authentication == "GITHUB_HMAC":
        configuration = {"SecretToken": SECRET}
    return webhooks.put(
        {
            "name": "push",
            "targetPipeline": "website",
            "targetAction": "Fetch",
            "filters": [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{BranchName}"}],
            "authentication": authentication,
            "authenticationConfiguration": configuration,
        },
        by=ALICE,
    )


@pytest.fixture
def send(client):
    """Post a body to a webhook, signed as GitHub does unless it is told otherwise."""

    def send(webhook, payload=PUSH, *, body=None, secret=SECRET, kind="application/json", **more):
        data = json.dumps(payload).encode() if body is None else body
        headers = {"X-GitHub-Event": "push"}
        if secret:
            digest = hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature-256"] = f"sha256={digest}"
        url = f"/webhooks/{webhook.token}"
        return client.post(url, data, content_type=kind, headers={**headers, **more})

    return send


def started():
    return PipelineExecution.objects.filter(trigger_type="Webhook")


def last():
    delivery = HookDelivery.objects.latest("pk")
    return delivery.outcome, delivery.said


def test_a_push_that_github_signed_starts_the_pipeline(send):
    webhook = put()
    answer = send(webhook)
    assert (answer.status_code, answer.json()) == (200, {"message": "It started an execution."})
    execution = started().get()
    assert execution.trigger_detail == webhooks.arn_of("push")
    assert last() == ("Started", "It started an execution.")
    assert HookDelivery.objects.get().executions == [["website", str(execution.pk)]]
    assert HookDelivery.objects.get().event == "push"
    webhook.refresh_from_db()
    assert webhook.last_triggered_at is not None


def test_the_same_request_again_starts_nothing(send):
    webhook = put()
    send(webhook)
    answer = send(webhook, **{"X-GitHub-Delivery": "another"})
    assert answer.status_code == 200
    assert last() == ("Ignored", "The same request has started an execution before.")
    assert started().count() == 1
    send(webhook, {**PUSH, "after": "0d1a2b3c"})
    assert started().count() == 2


@pytest.mark.parametrize("secret", ["", "guess"])
def test_a_request_that_is_not_signed_with_the_secret_is_refused(send, secret):
    answer = send(put(), secret=secret)
    assert answer.status_code == 403
    assert last() == ("Refused", "The signature of the request is missing or wrong.")
    assert not started().exists()


def test_a_signature_of_another_body_is_refused(send):
    digest = hmac.new(SECRET.encode(), b"{}", hashlib.sha256).hexdigest()
    answer = send(put(), secret="", **{"X-Hub-Signature-256": f"sha256={digest}"})
    assert answer.status_code == 403
    assert not started().exists()


def test_what_the_filters_do_not_match_is_ignored_and_said(send):
    answer = send(put(), {"ref": "refs/heads/other"})
    assert answer.status_code == 200
    assert last() == (
        "Ignored",
        "It does not match the filters: $.ref is refs/heads/other and not refs/heads/main.",
    )
    assert not started().exists()


def test_github_s_ping_is_answered(send):
    answer = send(put(), {"zen": "Keep it logically awesome."}, **{"X-GitHub-Event": "ping"})
    assert answer.status_code == 200
    assert last() == ("Ignored", "GitHub says hello: the webhook works.")


def test_github_s_form_is_read_too(send):
    body = b"payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%7D"
    assert send(put(), body=body, kind="application/x-www-form-urlencoded").status_code == 200
    assert started().count() == 1


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"\0"),
        b"payload=%7B",
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_body_that_is_no_json_is_refused(send, body, kind):
    answer = send(put(), body=body, kind=kind)
    assert (answer.status_code, answer.json()["message"]) == (400, "The body is not JSON.")
    assert not started().exists()


@pytest.mark.parametrize(
    "payload", [None, [], "x", 1, [[]], {"ref": None}, {"ref": ["x"]}, {"ref": "a\0\ud800"}]
)
def test_json_of_any_shape_is_looked_at(send, payload):
    assert send(put(), payload).status_code == 200
    assert last()[0] == "Ignored"


def test_a_body_that_is_too_large_is_not_read(send, monkeypatch):
    monkeypatch.setattr(hooks, "LARGEST", 100)
    answer = send(put(), body=b" " * 101)
    assert answer.status_code == 413
    assert not HookDelivery.objects.exists()
    assert send(put(), body=b'{"ref": "refs/heads/main"}' + b" " * 74).status_code == 200


def test_only_post_is_answered(client):
    answer = client.get(f"/webhooks/{put().token}")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_an_address_that_is_none_is_not_found(client):
    put()
    answer = client.post("/webhooks/nothing", b"{}", content_type="application/json")
    assert (answer.status_code, answer.json()) == (404, {"message": "There is no such webhook."})


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [("", 403), ("198.51.100.7", 403), ("198.51.100.7, 192.0.2.9", 200), ("192.0.2.9, x", 403)],
)
def test_an_address_counts_as_a_trusted_proxy_says_it(send, settings, forwarded, status):
    settings.PENSTOCK_TRUSTED_PROXIES = ["127.0.0.0/8"]
    webhook = put("IP", AllowedIPRange="192.0.2.0/24")
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert send(webhook, secret="", **headers).status_code == status


def test_without_trusted_proxies_nobody_can_say_another_address(send):
    webhook = put("IP", AllowedIPRange="192.0.2.0/24")
    answer = send(webhook, secret="", **{"X-Forwarded-For": "192.0.2.9"})
    assert answer.status_code == 403
    assert last() == ("Refused", "The address 127.0.0.1 is not allowed.")
    assert send(put("IP", AllowedIPRange="127.0.0.0/8"), secret="").status_code == 200


def test_an_unauthenticated_webhook_starts_each_time(send):
    webhook = put("UNAUTHENTICATED")
    for _ in range(2):
        assert send(webhook, secret="").status_code == 200
    assert started().count() == 2


def test_a_pipeline_that_is_gone_is_said_to_the_sender_and_in_the_list(send):
    webhook = put()
    definitions.delete("website", by=ALICE)
    answer = send(webhook)
    assert answer.status_code == 409
    webhook.refresh_from_db()
    assert webhook.error_code == "409"
    assert "does not have a pipeline with name 'website'" in webhook.error_message
    definitions.create(definition(), by=ALICE)
    send(webhook)
    webhook.refresh_from_db()
    assert (webhook.error_code, webhook.error_message) == ("", "")


def test_a_secret_that_cannot_be_opened_is_no_way_in(send, tmp_path):
    webhook = put()
    (tmp_path / "secrets" / "access_keys").unlink()
    answer = send(webhook)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert not started().exists()


def test_only_the_last_deliveries_are_kept(send):
    webhook = put("UNAUTHENTICATED")
    other = Webhook.objects.create(
        name="other", target_pipeline="x", target_action="x", authentication="UNAUTHENTICATED"
    )
    send(other, secret="")
    for _ in range(KEPT + 5):
        send(webhook, {"ref": "no"}, secret="")
    assert webhooks.deliveries([str(webhook)]).count() == KEPT
    assert webhooks.deliveries([str(other)]).count() == 1


def test_deleting_a_webhook_closes_its_address(send):
    webhook = put()
    send(webhook)
    webhooks.delete("push", by=ALICE)
    assert send(webhook).status_code == 404
    assert not HookDelivery.objects.exists()
