"""RegisterWebhookWithThirdParty and its opposite, against a GitHub on loopback."""

import json

import pytest

from pipelines import definitions, webhooks
from pipelines.core.action_types import ActionTypeId, Category
from pipelines.webhooks.registering import api_of
from tests.api.calling import call, refused
from tests.definitions import action, approval, definition, source, stage
from tests.engine_room import ALICE
from tests.receiver import receiving

GITHUB = ActionTypeId(Category.SOURCE, "ThirdParty", "GitHub", "1")
CONFIGURATION = {"Owner": "examples", "Repo": "web site", "Branch": "main", "OAuthToken": "t0ken"}
HOOKS = "/api/v3/repos/examples/web%20site/hooks"
MADE = (201, b'{"id": 4711}')


@pytest.fixture
def github(settings):
    with receiving(MADE) as receiver:
        settings.PENSTOCK_GITHUB_URL = receiver.url
        yield receiver


@pytest.fixture(autouse=True)
def webhook(engine_room, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    settings.PENSTOCK_URL = "https://penstock.example"
    first = action("Fetch", GITHUB, outputs=["Code"], configuration=CONFIGURATION)
    definitions.create(
        definition(stages=[stage("Source", first), stage("Ask", approval())]), by=ALICE
    )
    return put()


def put(**members):
    return webhooks.put(
        {
            "name": "push",
            "targetPipeline": "website",
            "targetAction": "Fetch",
            "filters": [],
            "authentication": "GITHUB_HMAC",
            "authenticationConfiguration": {"SecretToken": "s3cret"},
            **members,
        },
        by=ALICE,
    )


def register():
    return call("RegisterWebhookWithThirdParty", webhookName="push")


def deregister():
    return call("DeregisterWebhookWithThirdParty", webhookName="push")


def test_github_is_told_where_to_send_pushes_and_with_which_secret(github, webhook):
    assert register() == {}
    [request] = github.requests
    assert (request.method, request.path) == ("POST", HOOKS)
    assert request.headers["authorization"] == "Bearer t0ken"
    assert json.loads(request.body) == {
        "name": "web",
        "active": True,
        "events": ["push"],
        "config": {
            "url": webhooks.url_of(webhook),
            "content_type": "json",
            "secret": "s3cret",
        },
    }
    webhook.refresh_from_db()
    assert webhook.registered_as == "4711"


def test_registering_again_replaces_what_github_has(github):
    register()
    github.answers = [(200, b"{}")]
    register()
    assert [(each.method, each.path) for each in github.requests] == [
        ("POST", HOOKS),
        ("PATCH", f"{HOOKS}/4711"),
    ]


def test_what_github_has_forgotten_is_made_again(github):
    register()
    github.answers = [404, (201, b'{"id": 4712}')]
    register()
    assert webhooks.find("push").registered_as == "4712"


def test_github_is_told_to_forget_it(github):
    register()
    github.answers = [204]
    assert deregister() == {}
    assert github.requests[-1].method == "DELETE"
    assert github.requests[-1].path == f"{HOOKS}/4711"
    assert webhooks.find("push").registered_as == ""
    deregister()
    assert len(github.requests) == 2


def test_what_github_does_not_know_is_forgotten_too(github):
    register()
    github.answers = [404]
    deregister()
    assert webhooks.find("push").registered_as == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, b'{"message": "Bad credentials"}'), "status 401. Bad credentials"),
        (
            (422, b'{"message": "No", "errors": [{"message": "url is not reachable"}, 1]}'),
            "status 422. No; url is not reachable",
        ),
        ((500, b"<html>"), "status 500."),
        ((302, b"[]"), "status 302."),
        ((404, b"[" * 50_000), "status 404."),
    ],
)
def test_what_github_refuses_is_said_in_its_words(github, answer, said):
    github.answers = [answer]
    code, message = refused("RegisterWebhookWithThirdParty", webhookName="push")
    assert code == "ValidationException"
    assert message.endswith(f"GitHub answered with {said}")
    assert webhooks.find("push").registered_as == ""


def test_a_github_that_is_not_there_is_said(settings):
    settings.PENSTOCK_GITHUB_URL = "http://127.0.0.1:1"
    code, message = refused("RegisterWebhookWithThirdParty", webhookName="push")
    assert code == "ValidationException"
    assert "GitHub cannot be reached at http://127.0.0.1:1/api/v3/" in message


def test_other_providers_have_nobody_to_register_with():
    definitions.create(
        definition("other", stages=[stage("Source", source()), stage("Ask", approval())]),
        by=ALICE,
    )
    made = put(targetPipeline="other")
    code, message = refused("RegisterWebhookWithThirdParty", webhookName="push")
    assert code == "ValidationException"
    assert f"Give {webhooks.url_of(made)} to the git host by hand." in message


def test_a_pipeline_that_is_gone_is_said():
    definitions.delete("website", by=ALICE)
    code, message = refused("RegisterWebhookWithThirdParty", webhookName="push")
    assert code == "ValidationException"
    assert "does not have a pipeline with name 'website'" in message


@pytest.mark.parametrize("given", [{}, {"webhookName": "nothing"}])
@pytest.mark.parametrize(
    "operation", ["RegisterWebhookWithThirdParty", "DeregisterWebhookWithThirdParty"]
)
def test_an_unknown_webhook_is_not_found(operation, given):
    assert refused(operation, **given)[0] == "WebhookNotFoundException"


def test_an_unsigned_webhook_is_registered_without_a_secret(github):
    put(authentication="UNAUTHENTICATED", authenticationConfiguration={})
    register()
    assert "secret" not in json.loads(github.requests[0].body)["config"]


def test_the_api_of_github_and_of_its_enterprise_server():
    assert api_of("https://github.com") == "https://api.github.com"
    assert api_of("https://git.example") == "https://git.example/api/v3"
