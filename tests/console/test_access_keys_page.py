"""Access keys: a secret is shown once, a reload makes no second key, others' keys are not seen."""

import re

import pytest

from pipelines import access, access_keys, keyring, people, places
from pipelines.core.rights import Role
from pipelines.models import AccessKey

URL = "/codesuite/settings/access-keys"


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path


@pytest.fixture
def ana(client, db):
    """A client of Ana, who may read."""
    client.force_login(people.create("ana", password="", roles=[Role.READ], by=access.root()))
    return client


@pytest.fixture
def zoes(db):
    """The id of a key of Zoe, who administers."""
    people.create("zoe", password="", roles=[Role.ADMIN], by=access.root())
    return access_keys.create("zoe", by=access.root(), description="Of Zoe")[0]


def a_key_of(username, **given):
    return access_keys.create(username, by=access.root(), **given)[0]


def hidden_id(page):
    return re.search(r'name="access_key_id" value="(AKIA[A-Z2-7]{16})"', page)[1]  # type: ignore[index]


def test_without_keys_it_says_how_to_get_one(ana):
    text = ana.get(URL).content.decode()

    assert "No access keys" in text
    assert "at most 5" in text


def test_everybody_sees_his_own_keys_and_no_others(ana, zoes):
    mine = a_key_of("ana", description="Laptop <1>")

    text = ana.get(URL).content.decode()

    assert mine in text
    assert "Laptop &lt;1&gt;" in text
    assert "Never" in text
    assert zoes not in text
    assert 'name="user"' not in text


@pytest.mark.parametrize("whose", ["zoe", "*", "nobody"])
def test_whoever_asks_for_those_of_others_is_refused_in_words(ana, zoes, whose):
    answer = ana.get(URL, {"user": whose})

    assert answer.status_code == 403
    text = answer.content.decode()
    assert "user/ana is not authorized to perform: iam:ListAccessKeys" in text
    assert zoes not in text


def test_an_admin_chooses_whose_are_shown(signed_in, zoes):
    mine = a_key_of("alice")

    shown = {
        whose: signed_in.get(URL, {"user": whose}).content.decode()
        for whose in ("", "zoe", "*", "nobody")
    }

    assert (mine in shown[""], zoes in shown[""]) == (True, False)
    assert (mine in shown["zoe"], zoes in shown["zoe"]) == (False, True)
    assert (mine in shown["*"], zoes in shown["*"]) == (True, True)
    assert "No access keys" in shown["nobody"]
    assert '<option value="zoe" selected>' in shown["zoe"]
    assert ">User</th>" in shown["*"]
    assert ">User</th>" not in shown["zoe"]


def test_the_list_costs_the_same_however_long_it_is(signed_in, django_assert_num_queries, db):
    for number in range(4):
        people.create(f"user{number}", password="", roles=[], by=access.root())
        a_key_of(f"user{number}")

    with django_assert_num_queries(5):
        signed_in.get(URL, {"user": "*"})


def test_a_new_key_is_shown_with_its_secret_and_lines_to_copy(ana):
    page = ana.get(f"{URL}/create").content.decode()
    key_id = hidden_id(page)

    answer = ana.post(f"{URL}/create", {"access_key_id": key_id, "description": "Laptop"})

    [key] = AccessKey.objects.all()
    secret = keyring.secret_of(key_id, key.sealed_secret)
    assert (key.pk, key.user.get_username(), key.description) == (key_id, "ana", "Laptop")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert "This is the only time that the secret is shown" in text
    assert f"export AWS_ACCESS_KEY_ID={key_id}\nexport AWS_SECRET_ACCESS_KEY={secret}" in text
    for path in (URL, f"{URL}/{key_id}/delete", "/codesuite/settings/connect"):
        assert secret not in ana.get(path).content.decode()
    assert secret not in str(list(ana.session.items()))


def test_a_reload_of_the_answer_makes_no_second_key_and_shows_no_secret(ana):
    fields = {"access_key_id": access_keys.new_id(), "description": ""}
    ana.post(f"{URL}/create", fields)

    answer = ana.post(f"{URL}/create", fields)

    assert answer.status_code == 409
    text = answer.content.decode()
    assert "exists already. Its secret was shown when it was created" in text
    assert "AWS_SECRET_ACCESS_KEY" not in text
    assert AccessKey.objects.count() == 1


@pytest.mark.parametrize("key_id", ["", "mine", "AKIA" + "a" * 16, "AKIA" + "A" * 17])
def test_nobody_chooses_an_id_of_another_form(ana, key_id):
    answer = ana.post(f"{URL}/create", {"access_key_id": key_id})

    assert answer.status_code == 400
    assert "This form is damaged" in answer.content.decode()
    assert not AccessKey.objects.exists()


def test_what_is_wrong_is_told_in_the_form_and_nothing_typed_is_lost(ana):
    description = "x" * 257

    answer = ana.post(
        f"{URL}/create", {"access_key_id": access_keys.new_id(), "description": description}
    )

    assert answer.status_code == 400
    assert description in answer.content.decode()


def test_the_sixth_is_refused_in_words(ana):
    for _ in range(5):
        a_key_of("ana")

    answer = ana.post(f"{URL}/create", {"access_key_id": access_keys.new_id()})

    assert answer.status_code == 409
    assert "Cannot exceed quota for AccessKeysPerUser: 5" in answer.content.decode()


def test_an_admin_makes_keys_for_others(signed_in, zoes):
    address = f"{URL}/create?user=zoe&next={URL}%3Fuser%3Dzoe"
    assert "<bdi>zoe</bdi>" in signed_in.get(address).content.decode()

    answer = signed_in.post(address, {"access_key_id": access_keys.new_id()})

    assert f'href="{URL}?user=zoe"' in answer.content.decode()
    assert AccessKey.objects.filter(user__username="zoe").count() == 2


def test_nobody_else_makes_keys_for_others(ana, zoes):
    answer = ana.post(f"{URL}/create?user=zoe", {"access_key_id": access_keys.new_id()})

    assert answer.status_code == 403
    assert "not authorized to perform: iam:CreateAccessKey" in answer.content.decode()
    assert AccessKey.objects.count() == 1


def test_a_key_is_disabled_enabled_and_deleted_after_a_question(ana):
    key_id = a_key_of("ana")

    for verb, told in (("disable", "disabled"), ("enable", "enabled"), ("delete", "deleted")):
        page = ana.get(f"{URL}/{key_id}/{verb}")
        assert f"{verb.capitalize()} access key" in page.content.decode()
        assert AccessKey.objects.exists()

        answer = ana.post(f"{URL}/{key_id}/{verb}", follow=True)

        assert answer.redirect_chain == [(URL, 303)]
        assert f"Access key {key_id} is {told}." in answer.content.decode()
    assert not AccessKey.objects.exists()


def test_the_question_about_deleting_warns(ana):
    text = ana.get(f"{URL}/{a_key_of('ana')}/delete").content.decode()

    assert "This cannot be undone" in text


def test_the_dialog_is_the_form_alone(ana):
    answer = ana.get(f"{URL}/create", headers={"HX-Request": "true"})

    text = answer.content.decode()
    assert "<html" not in text
    assert 'action="/codesuite/settings/access-keys/create"' in text


@pytest.mark.parametrize("verb", ["disable", "enable", "delete"])
def test_keys_of_others_are_not_found(ana, zoes, verb):
    for method in ("get", "post"):
        assert getattr(ana, method)(f"{URL}/{zoes}/{verb}").status_code == 404

    assert AccessKey.objects.get().is_enabled


def test_an_admin_deletes_those_of_others_and_comes_back_to_where_he_was(signed_in, zoes):
    answer = signed_in.post(f"{URL}/{zoes}/delete?next={URL}%3Fuser%3D*")

    assert answer.url == f"{URL}?user=*"
    assert not AccessKey.objects.exists()


def test_a_disabled_key_and_one_of_somebody_inactive_are_marked(signed_in, zoes):
    mine = a_key_of("alice")
    access_keys.disable(mine, by=access.root())
    people.deactivate("zoe", by=access.root())

    text = signed_in.get(URL, {"user": "*"}).content.decode()

    assert "Disabled" in text
    assert "User inactive" in text
    assert f'id="enable-{mine}"' in text


def test_a_lost_file_of_keys_is_no_reason_to_hide_the_list(ana):
    a_key_of("ana")
    places.sealing_keys().unlink()

    assert ana.get(URL).status_code == 200
