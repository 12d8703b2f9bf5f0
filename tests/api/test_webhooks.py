"""PutWebhook, ListWebhooks and DeleteWebhook."""

import json
from typing import Any

import pytest
from django.conf import settings as site

from pipelines.core.rights import Caller, Role
from pipelines.models import Webhook
from tests.api.calling import call, refused
from tests.definitions import definition

NAME = "website-push"
ARN = f"arn:aws:codepipeline:{site.PENSTOCK_REGION}:{site.PENSTOCK_ACCOUNT_ID}:webhook:{NAME}"


@pytest.fixture(autouse=True)
def website(engine_room, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    settings.PENSTOCK_URL = "https://penstock.example"
    call("CreatePipeline", pipeline=definition())
    return engine_room


def webhook(**members) -> dict[str, Any]:
    return {
        "name": NAME,
        "targetPipeline": "website",
        "targetAction": "Fetch",
        "filters": [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{BranchName}"}],
        "authentication": "GITHUB_HMAC",
        "authenticationConfiguration": {"SecretToken": "s3cret"},
        **members,
    }


def put(**members):
    return call("PutWebhook", webhook=webhook(**members))["webhook"]


def test_a_webhook_is_put_with_an_address_and_its_secret_masked():
    made = call("PutWebhook", webhook=webhook(), tags=[{"key": "team", "value": "web"}])["webhook"]
    assert made.pop("url").startswith("https://penstock.example/webhooks/")
    assert made == {
        "definition": webhook(authenticationConfiguration={"SecretToken": "****"}),
        "arn": ARN,
        "tags": [{"key": "team", "value": "web"}],
    }
    assert "s3cret" not in json.dumps(list(Webhook.objects.values()), default=str)


def test_putting_again_replaces_all_but_the_address_and_the_tags():
    before = call("PutWebhook", webhook=webhook(), tags=[{"key": "team", "value": "web"}])
    after = call(
        "PutWebhook",
        webhook=webhook(
            authentication="IP",
            authenticationConfiguration={"AllowedIPRange": "192.0.2.0/24"},
            filters=[{"jsonPath": "$.ref"}],
        ),
        tags=[{"key": "stage", "value": "beta"}],
    )["webhook"]
    assert after["url"] == before["webhook"]["url"]
    assert after["definition"]["authenticationConfiguration"] == {"AllowedIPRange": "192.0.2.0/24"}
    assert after["definition"]["filters"] == [{"jsonPath": "$.ref"}]
    assert [tag["key"] for tag in after["tags"]] == ["team", "stage"]
    assert Webhook.objects.get().sealed_secret == ""


def test_the_mask_keeps_the_secret_that_there_is():
    put()
    sealed = Webhook.objects.get().sealed_secret
    put(authenticationConfiguration={"SecretToken": "****"})
    assert Webhook.objects.get().sealed_secret == sealed


def test_a_webhook_that_is_created_anew_has_another_address():
    before = put()["url"]
    assert call("DeleteWebhook", name=NAME) == {}
    assert call("DeleteWebhook", name=NAME) == {}
    assert put()["url"] != before


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        (
            {"targetPipeline": "nothing"},
            "PipelineNotFoundException",
            "does not have a pipeline with name 'nothing'",
        ),
        (
            {"targetAction": "Build"},
            "ValidationException",
            "The target action 'Build' is not a source action of pipeline 'website'.",
        ),
        (
            {"filters": [{"jsonPath": "$.commits[?(@.id)]"}]},
            "InvalidWebhookFilterPatternException",
            "Webhook filter pattern is not valid. The JsonPath '$.commits[?(@.id)]'",
        ),
        (
            {"authenticationConfiguration": {}},
            "InvalidWebhookAuthenticationParametersException",
            "For GITHUB_HMAC, only SecretToken must be set.",
        ),
        (
            {"authenticationConfiguration": {"SecretToken": "****"}},
            "InvalidWebhookAuthenticationParametersException",
            "no secret is stored that it could stand for",
        ),
        (
            {"authentication": "IP", "authenticationConfiguration": {"AllowedIPRange": "x"}},
            "InvalidWebhookAuthenticationParametersException",
            "'x' is not a CIDR range",
        ),
        (
            {"authentication": "UNAUTHENTICATED"},
            "InvalidWebhookAuthenticationParametersException",
            "For UNAUTHENTICATED, no properties can be set.",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_stored(members, code, message):
    found, said = refused("PutWebhook", webhook=webhook(**members))
    assert found == code
    assert message in said
    assert not Webhook.objects.exists()


def test_there_are_300_at_most():
    Webhook.objects.bulk_create(
        Webhook(
            name=f"w{n}",
            target_pipeline="website",
            target_action="Fetch",
            authentication="UNAUTHENTICATED",
        )
        for n in range(300)
    )
    code, message = refused("PutWebhook", webhook=webhook())
    assert code == "LimitExceededException"
    assert "has 300 webhooks, and there can be no more" in message
    call("PutWebhook", webhook=webhook(name="w7"))


def test_the_tags_of_a_webhook_have_the_rules_of_all_tags():
    many = [{"key": f"k{n}", "value": ""} for n in range(51)]
    assert refused("PutWebhook", webhook=webhook(), tags=many)[0] == "TooManyTagsException"
    twice = [{"key": "a", "value": ""}] * 2
    assert refused("PutWebhook", webhook=webhook(), tags=twice)[0] == "InvalidTagsException"
    assert not Webhook.objects.exists()


def test_webhooks_are_resources_that_can_be_tagged():
    put()
    call("TagResource", resourceArn=ARN, tags=[{"key": "team", "value": "web"}])
    assert call("ListTagsForResource", resourceArn=ARN)["tags"] == [{"key": "team", "value": "web"}]
    assert call("ListWebhooks")["webhooks"][0]["tags"] == [{"key": "team", "value": "web"}]
    call("UntagResource", resourceArn=ARN, tagKeys=["team"])
    assert "tags" not in call("ListWebhooks")["webhooks"][0]


def test_webhooks_are_listed_by_name_page_by_page():
    for name in ("c", "a", "b"):
        put(name=name)
    first = call("ListWebhooks", MaxResults=2)
    assert [each["definition"]["name"] for each in first["webhooks"]] == ["a", "b"]
    rest = call("ListWebhooks", NextToken=first["NextToken"], MaxResults=2)
    assert [each["definition"]["name"] for each in rest["webhooks"]] == ["c"]
    assert "NextToken" not in rest
    assert refused("ListWebhooks", NextToken="x")[0] == "InvalidNextTokenException"


def test_a_webhook_is_still_listed_when_its_pipeline_is_gone():
    put()
    call("DeletePipeline", name="website")
    assert [each["arn"] for each in call("ListWebhooks")["webhooks"]] == [ARN]


def test_who_may_only_look_may_list():
    put()
    reader = Caller(arn="arn:aws:iam::123456789012:user/bob", roles=frozenset({Role.READ}))
    assert len(call("ListWebhooks", by=reader)["webhooks"]) == 1
    denied = "AccessDeniedException"
    assert refused("PutWebhook", by=reader, webhook=webhook())[0] == denied
    assert refused("DeleteWebhook", by=reader, name=NAME)[0] == denied
    assert refused("RegisterWebhookWithThirdParty", by=reader, webhookName=NAME)[0] == denied
    assert refused("DeregisterWebhookWithThirdParty", by=reader, webhookName=NAME)[0] == denied
