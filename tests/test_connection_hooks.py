"""What git hosts post to the hook of a connection, from the request to the executions."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from pipelines import connection_hooks, connections, definitions, git, secrets
from pipelines.connections import Settings
from pipelines.core.refusals import AccessDenied, ConnectionNotFound
from pipelines.core.rights import Caller, Role
from pipelines.models import ConnectionHook, HookDelivery, PipelineExecution
from tests.core.connected import CONNECTION, trigger
from tests.definitions import action, approval, definition, stage
from tests.engine_room import ALICE
from tests.git_payloads import (
    BEFORE,
    SHA,
    bitbucket_pull,
    bitbucket_push,
    github_pull,
    github_push,
    gitlab_push,
)

READER = Caller(arn="arn:aws:iam::123456789012:user/bob", roles=frozenset({Role.READ}))


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path


@pytest.fixture
def connection(engine_room):
    return connections.create(Settings(name="work", base_url="https://git.example"), by=ALICE)


@pytest.fixture
def secret(connection):
    return connection_hooks.renew(connection.pk, by=ALICE)


def pipeline(connection, *, name="website", region="eu-central-1", full_id="examples/website"):
    """One of main, versions, and pull requests into main."""
    source = action(
        "Connected",
        CONNECTION,
        outputs=["Code"],
        configuration={
            "ConnectionArn": (
                f"arn:aws:codeconnections:{region}:111122223333:connection/{connection.pk}"
            ),
            "FullRepositoryId": full_id,
            "BranchName": "main",
        },
    )
    main = {"branches": {"includes": ["main"]}}
    return definitions.create(
        definition(
            name,
            stages=[stage("Source", source), stage("Ask", approval())],
            triggers=[trigger(push=[main, {"tags": {"includes": ["v*"]}}], pullRequest=[main])],
        ),
        by=ALICE,
    )


@pytest.fixture
def post(client, connection):
    """Post a payload to the hook, as one of the hosts does."""

    def post(payload, *, secret, host="github", event="push"):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        digest = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
        headers = {
            "github": {"X-GitHub-Event": event, "X-Hub-Signature-256": digest},
            "gitlab": {"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": secret},
            "bitbucket": {"X-Event-Key": event, "X-Hub-Signature": digest},
        }[host]
        url = f"/webhooks/connections/{connection.pk}"
        return client.post(url, body, content_type="application/json", headers=headers)

    return post


def started():
    return PipelineExecution.objects.filter(trigger_type="WebhookV2")


def last():
    delivery = HookDelivery.objects.latest("pk")
    return delivery.outcome, delivery.said


@pytest.mark.parametrize(("host", "payload"), [("github", github_push), ("gitlab", gitlab_push)])
def test_a_push_starts_the_pipelines_that_watch_the_repository(
    post, connection, secret, host, payload
):
    pipeline(connection)
    answer = post(payload(), secret=secret, host=host)
    assert answer.status_code == 200
    execution = started().get()
    assert execution.source_overrides[0]["revisionValue"] == SHA
    detail = json.loads(execution.trigger_detail)
    assert detail["commit-message"] == "Say hello"
    assert detail["branch-name"] == "main"
    assert last() == ("Started", "website: push filter 1 matches.")
    assert HookDelivery.objects.get().executions == [["website", str(execution.pk)]]


def test_all_that_bitbucket_pushed_at_once_is_looked_at(post, connection, secret):
    pipeline(connection)
    post(bitbucket_push(), secret=secret, host="bitbucket", event="repo:push")
    assert sorted(
        json.loads(each.trigger_detail).get("tag-name", "main") for each in started()
    ) == ["main", "v1"]


def test_a_redelivered_hook_starts_nothing_again(post, connection, secret):
    pipeline(connection)
    for _ in range(2):
        assert post(github_push(), secret=secret).status_code == 200
    assert started().count() == 1
    assert last() == ("Ignored", "website: it has started an execution before.")


def test_a_pull_request_runs_the_commit_of_its_source_branch(post, connection, secret):
    pipeline(connection)
    post(github_pull(), secret=secret, event="pull_request")
    assert json.loads(started().get().trigger_detail)["branch-name"] == "fix"
    assert started().get().source_overrides[0]["revisionValue"] == SHA


def test_the_commit_of_bitbucket_is_completed_by_asking_the_host(
    post, connection, secret, tmp_path
):
    repository = tmp_path / "git" / "examples" / "website.git"
    repository.parent.mkdir(parents=True)
    git.init_bare(repository)
    commit = git.commit_files(
        repository,
        "fix",
        {"a": git.File(content="a\n")},
        message="First",
        author=("Ann", "ann@example.com"),
        at=datetime(2026, 11, 25, tzinfo=UTC),
    )
    said = Settings(name="work", base_url=str(tmp_path / "git"))
    connections.update(connection.pk, said, by=ALICE)
    pipeline(connection)
    short = bitbucket_pull(commit=commit[:12])
    post(short, secret=secret, host="bitbucket", event="pullrequest:created")
    assert started().get().source_overrides[0]["revisionValue"] == commit
    gone_on = bitbucket_pull(commit=BEFORE[:12])
    answer = post(gone_on, secret=secret, host="bitbucket", event="pullrequest:updated")
    assert answer.status_code == 502
    assert last() == ("Failed", f"The branch fix is at another commit than {BEFORE[:12]} now.")


@pytest.mark.parametrize("host", ["github", "gitlab", "bitbucket"])
def test_who_does_not_know_the_secret_is_refused(post, connection, secret, host):
    pipeline(connection)
    assert post(github_push(), secret="guess", host=host).status_code == 403
    assert last()[0] == "Refused"
    assert not started().exists()


def test_a_request_that_proves_nothing_is_refused(client, connection, secret):
    url = f"/webhooks/connections/{connection.pk}"
    body = json.dumps(github_push())
    answer = client.post(
        url, body, content_type="application/json", headers={"X-GitHub-Event": "push"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("payload", "event", "answered"),
    [
        (b"{", "push", (400, "The body is not JSON.")),
        (b"[" * 100_000, "push", (400, "The body is not JSON.")),
        (b"[]", "push", (400, "repository is missing in it.")),
        (b"{}", "push", (400, "repository is missing in it.")),
        (b"{}", "ping", (200, "The host says hello: the hook works.")),
        (b"{}", "issues", (200, "The event issues starts nothing.")),
        (
            json.dumps(github_push(ref="refs/heads/other")).encode(),
            "push",
            (200, "website: its branches do not match other; the filter is not for branches."),
        ),
        (
            json.dumps(github_push(repository={"full_name": "else/where"})).encode(),
            "push",
            (200, "No pipeline watches else/where through this connection."),
        ),
    ],
)
def test_what_starts_nothing_says_why(post, connection, secret, payload, event, answered):
    pipeline(connection)
    answer = post(payload, secret=secret, event=event)
    assert (answer.status_code, answer.json()["message"]) == answered
    assert last()[1] == answered[1]
    assert not started().exists()


def test_a_repository_is_named_from_the_base_url_on(post, connection, secret):
    said = Settings(name="work", base_url="https://git.example/examples")
    connections.update(connection.pk, said, by=ALICE)
    pipeline(connection, full_id="website")
    post(github_push(), secret=secret)
    assert started().count() == 1


def test_a_connection_without_a_hook_has_no_address(post, client, connection):
    assert post(github_push(), secret="x").status_code == 404
    url = f"/webhooks/connections/{uuid4()}"
    assert client.post(url, b"{}", content_type="application/json").status_code == 404
    assert client.get(url).status_code == 405


def test_a_new_secret_voids_the_one_before(post, connection, secret):
    pipeline(connection)
    renewed = connection_hooks.renew(connection.pk, by=ALICE)
    assert post(github_push(), secret=secret).status_code == 403
    assert post(github_push(), secret=renewed).status_code == 200
    connection_hooks.close(connection.pk, by=ALICE)
    assert post(github_push(), secret=renewed).status_code == 404


def test_the_secret_is_sealed_and_goes_with_its_connection(connection, secret):
    assert secret not in ConnectionHook.objects.get().sealed_secret
    secrets.check_readable()
    assert secrets.reseal() == 1
    connections.delete(connection.pk, by=ALICE)
    assert not ConnectionHook.objects.exists()


def test_a_secret_that_cannot_be_opened_is_no_way_in(post, connection, secret, tmp_path):
    (tmp_path / "secrets" / "access_keys").unlink()
    assert post(github_push(), secret=secret).status_code == 503
    assert not started().exists()


def test_who_may_only_look_opens_and_closes_nothing(connection):
    for act in (connection_hooks.renew, connection_hooks.close):
        with pytest.raises(AccessDenied):
            act(connection.pk, by=READER)
    assert connection_hooks.find(connection.pk, by=READER) is None
    with pytest.raises(ConnectionNotFound):
        connection_hooks.renew(uuid4(), by=ALICE)


def test_the_page_shows_the_secret_once_and_what_came(client, django_user_model, connection, post):
    client.force_login(django_user_model.objects.create_superuser("alice"))
    page = f"/codesuite/settings/connections/{connection.pk}/hook"
    assert "The hook is closed" in client.get(page).content.decode()
    made = client.post(f"{page}/renew")
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert made.headers["Cache-Control"] == "no-store"
    post({}, secret=secret, event="ping")
    text = client.get(page).content.decode()
    assert secret not in text
    assert "The host says hello: the hook works." in text
    assert f"/webhooks/connections/{connection.pk}" in text
    closed = client.post(f"{page}/close", follow=True)
    assert "The hook is closed: nothing that is sent to it is taken." in closed.content.decode()
