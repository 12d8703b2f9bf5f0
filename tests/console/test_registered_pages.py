"""The lists of what actions may name, and the pages that register, change and delete it."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from console.present.registered import KINDS
from pipelines import functions, topics
from tests.engine_room import ALICE

pytestmark = pytest.mark.django_db
FILLED_IN = {
    "instance": {
        "name": "web-1",
        "tags": "Name=web\r\n\r\nStage = <b>live</b> \r\n",
        "folder": "",
        "ssh_host": "ana@web-1.example",
    },
    "deployment-group": {
        "name": "shop/web",
        "tag_key": "Name",
        "tag_value": "<b>web</b>",
        "config": "CodeDeployDefault.AllAtOnce",
    },
    "function": {"name": "tide", "url": "http://127.0.0.1:9000/?a=<b>1</b>"},
    "topic": {
        "name": "approvals",
        "url": "https://chat.example/?a=1&b=<b>2</b>",
        "email": "ana@example.com",
    },
}
WRONG = {
    "instance": ({"tags": "Name"}, "is not of the form key=value"),
    "deployment-group": ({"name": "shop"}, "Invalid name of the deployment group"),
    "function": ({"url": "127.0.0.1:9000"}, "An address begins with http:// or https://"),
    "topic": ({"url": "ftp://chat.example"}, "An address begins with http:// or https://"),
}
SHOWN = {
    "instance": ["ana@web-1.example", "Name=web, Stage=&lt;b&gt;live&lt;/b&gt;"],
    "deployment-group": ["Name=&lt;b&gt;web&lt;/b&gt;", "CodeDeployDefault.AllAtOnce"],
    "function": ["http://127.0.0.1:9000/?a=&lt;b&gt;1&lt;/b&gt;"],
    "topic": ["b=&lt;b&gt;2&lt;/b&gt;", "arn:aws:sns:us-east-1:123456789012:approvals"],
}
of_every_kind = pytest.mark.parametrize("kind", sorted(KINDS))


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path


@pytest.fixture
def reader(client, django_user_model):
    """A client of somebody who may only look."""
    user = django_user_model.objects.create_user("bob")
    user.groups.add(Group.objects.get_or_create(name="read")[0])
    client.force_login(user)
    return client


def page(kind, what="", name=""):
    return reverse(f"{kind}-{what}" if what else f"{kind}s", args=[name] if name else [])


def register(client, kind, **changes):
    return client.post(page(kind, "create"), {**FILLED_IN[kind], **changes})


def name_of(kind):
    return FILLED_IN[kind]["name"]


def test_every_kind_is_tried_here():
    assert KINDS.keys() == FILLED_IN.keys() == WRONG.keys() == SHOWN.keys()


@of_every_kind
def test_without_any_the_list_says_what_they_are_for(signed_in, kind):
    text = signed_in.get(page(kind)).content.decode()

    assert KINDS[kind].empty in text.replace("&#x27;", "'")
    assert f'href="{page(kind, "create")}"' in text


@of_every_kind
def test_one_that_is_registered_is_listed(signed_in, kind):
    answer = register(signed_in, kind)

    assert answer.status_code == 303
    assert answer.url == page(kind)
    text = signed_in.get(page(kind)).content.decode()
    assert f"{name_of(kind)} is registered." in text
    for shown in SHOWN[kind]:
        assert shown in text
    assert f'href="{page(kind, "edit", name_of(kind))}"' in text


@of_every_kind
def test_it_can_be_edited_and_keeps_its_name(signed_in, kind):
    register(signed_in, kind)
    url = page(kind, "edit", name_of(kind))
    form = signed_in.get(url).context["form"]
    assert "name" not in form.fields

    answer = signed_in.post(url, {**form.initial, "name": "other"})

    assert answer.status_code == 303
    assert f"{name_of(kind)} is updated." in signed_in.get(page(kind)).content.decode()


@of_every_kind
def test_it_can_be_deleted(signed_in, kind):
    register(signed_in, kind)
    url = page(kind, "delete", name_of(kind))
    assert KINDS[kind].deleting in signed_in.get(url).content.decode().replace("&#x27;", "'")

    assert signed_in.post(url).status_code == 303
    assert signed_in.get(url).status_code == 404


@of_every_kind
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(signed_in, kind):
    changes, expected = WRONG[kind]
    answer = register(signed_in, kind, **changes)

    assert answer.status_code == 400
    text = answer.content.decode()
    assert expected in text
    for value in changes.values():
        assert value in text
    assert list(KINDS[kind].use_case.listed(by=ALICE)) == []


@of_every_kind
def test_a_name_that_is_taken_is_told(signed_in, kind):
    register(signed_in, kind)

    answer = register(signed_in, kind)

    assert answer.status_code == 409
    assert "exists already" in answer.content.decode()


@of_every_kind
def test_who_may_only_look_changes_nothing(reader, kind):
    assert reader.get(page(kind)).status_code == 200

    answer = register(reader, kind)

    assert answer.status_code == 403
    assert "is not authorized to perform" in answer.content.decode()
    assert list(KINDS[kind].use_case.listed(by=ALICE)) == []


@pytest.mark.parametrize(
    ("kind", "settings_of"), [("function", functions.Settings), ("topic", topics.Settings)]
)
def test_who_may_only_look_does_not_see_where_an_address_leads(reader, kind, settings_of):
    said = settings_of(url="https://chat.example/hooks/a-secret")
    KINDS[kind].use_case.create("tide", said, by=ALICE)

    listed = reader.get(page(kind)).content.decode()
    form = reader.get(page(kind, "edit", "tide"))

    assert "https://chat.example/…" in listed
    assert "a-secret" not in listed
    assert form.status_code == 403
    assert "a-secret" not in form.content.decode()
