"""The list of webhooks, and what came to each of them."""

import pytest

from pipelines import definitions, webhooks
from pipelines.models import HookDelivery
from pipelines.models.webhooks import HookOutcome
from tests.definitions import definition
from tests.engine_room import ALICE

URL = "/codesuite/settings/webhooks"


@pytest.fixture
def website(engine_room, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    return definitions.create(definition(), by=ALICE)


def put(name="push", authentication="UNAUTHENTICATED", *, filters=(), **configuration):
    return webhooks.put(
        {
            "name": name,
            "targetPipeline": "website",
            "targetAction": "Fetch",
            "filters": list(filters),
            "authentication": authentication,
            "authenticationConfiguration": configuration,
        },
        by=ALICE,
    )


def came(row, outcome=HookOutcome.IGNORED, said="<b>no</b>", executions=()):
    HookDelivery.objects.note(str(row), outcome, said, event="push", executions=executions)


def test_without_webhooks_it_says_so(signed_in):
    assert "There are no webhooks to display" in signed_in.get(URL).content.decode()


def test_each_webhook_is_listed_with_what_came_last(signed_in, website):
    came(put("b", "IP", AllowedIPRange="192.0.2.0/24"))
    row = put("a", filters=[{"jsonPath": "$.ref", "matchEquals": "x"}, {"jsonPath": "$.y"}])
    came(row)
    came(row, HookOutcome.STARTED, "It started an execution.")
    put("c", "GITHUB_HMAC", SecretToken="s3cret")
    answer = signed_in.get(URL)
    rows = answer.context["rows"]
    assert [(each.name, each.last and each.last.words.label) for each in rows] == [
        ("a", "Started"),
        ("b", "Ignored"),
        ("c", None),
    ]
    assert rows[0].filters == ("$.ref is x", "$.y is there")
    assert rows[1].authentication == "From 192.0.2.0/24 (IP)"
    text = answer.content.decode()
    assert "&lt;b&gt;no&lt;/b&gt;" in text
    assert "s3cret" not in text


def test_the_list_costs_the_same_however_many_there_are(
    signed_in, website, django_assert_num_queries
):
    for number in range(9):
        came(put(f"w{number}"))
    with django_assert_num_queries(5):  # session, user, count, page, last deliveries
        signed_in.get(URL)


def test_those_of_one_pipeline_page_by_page(signed_in, website):
    for number in range(51):
        put(f"w{number:02}")
    first = signed_in.get(URL, {"pipeline": "website"})
    assert len(first.context["rows"]) == 50
    second = signed_in.get(URL + first.context["next_url"])
    assert [each.name for each in second.context["rows"]] == ["w50"]
    assert second.context["previous_url"] == "?pipeline=website&page=1"
    assert signed_in.get(URL, {"pipeline": "other"}).context["rows"] == ()


def test_a_webhook_shows_its_address_and_what_came_to_it(signed_in, website):
    row = put()
    execution = website.executions.get()
    came(row, HookOutcome.STARTED, "It started an execution.", [["website", str(execution.pk)]])
    row.error_message = "The pipeline was gone."
    row.save()
    text = signed_in.get(f"{URL}/push").content.decode()
    assert webhooks.url_of(row) in text
    assert f"executions/{execution.pk}/timeline" in text
    assert "The pipeline was gone." in text
    assert signed_in.get(f"{URL}/nothing").status_code == 404


def test_a_webhook_to_which_nothing_came_says_so(signed_in, website):
    put()
    assert "Nobody has called this address yet." in signed_in.get(f"{URL}/push").content.decode()
