"""People: users with their roles, for administrators only."""

import pytest

from pipelines import access, people
from pipelines.core.rights import Role

URL = "/codesuite/settings/people"
PASSWORD = "correct horse battery"
EVERYTHING_ELSE = [role for role in Role if role is not Role.ADMIN]


@pytest.fixture
def zoe(db):
    """Somebody who operates."""
    return people.create("zoe", password=PASSWORD, roles=[Role.OPERATE], by=access.root())


def test_everybody_is_listed_with_roles_keys_and_status(signed_in, zoe):
    people.create("robot", password="", roles=[], by=access.root())
    people.deactivate("robot", by=access.root())

    answer = signed_in.get(URL)

    persons = {person.username: person for person in answer.context["persons"]}
    assert persons["alice"].is_me
    assert persons["zoe"].roles == ("operate",)
    assert (persons["robot"].is_active, persons["robot"].can_sign_in) == (False, False)
    text = answer.content.decode()
    assert "superuser: every role" in text
    assert "no password, access keys only" in text
    assert 'id="deactivate-zoe"' in text
    assert 'id="activate-robot"' in text
    assert 'id="deactivate-alice"' not in text
    assert 'id="roles-alice"' not in text


def test_the_list_costs_the_same_however_long_it_is(signed_in, django_assert_num_queries):
    for number in range(5):
        people.create(f"user{number}", password="", roles=[Role.READ], by=access.root())

    with django_assert_num_queries(4):
        signed_in.get(URL)


@pytest.mark.parametrize(
    "path", ["", "/create", "/zoe/roles", "/zoe/deactivate", "/zoe/activate", "/nobody/roles"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_sees_or_changes_anything(client, zoe, path, method):
    ana = people.create("ana", password=PASSWORD, roles=EVERYTHING_ELSE, by=access.root())
    client.force_login(ana)

    answer = getattr(client, method)(f"{URL}{path}", {"roles": ["admin"], "username": "new"})

    assert answer.status_code == (405 if (path, method) == ("", "post") else 403)
    if answer.status_code == 403:
        assert "user/ana is not authorized to perform: iam:" in answer.content.decode()
    zoe.refresh_from_db()
    assert zoe.is_active
    assert people.roles_of(zoe) == {Role.OPERATE}


def test_a_user_is_created_with_a_password_and_roles(signed_in, client):
    answer = signed_in.post(
        f"{URL}/create",
        {"username": "ben", "password": PASSWORD, "roles": ["edit", "read"]},
        follow=True,
    )

    assert answer.redirect_chain == [(URL, 303)]
    assert "ben is created." in answer.content.decode()
    ben = people.get("ben", by=access.root())
    assert people.roles_of(ben) == {Role.READ, Role.EDIT}
    assert client.login(username="ben", password=PASSWORD)


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"username": "a b", "password": PASSWORD}, 400, "Enter a valid username"),
        ({"username": "", "password": PASSWORD}, 400, "This field is required"),
        ({"username": "ben", "password": "123"}, 400, "This password is too short"),
        ({"username": "alice", "password": PASSWORD}, 409, "already exists"),
        ({"username": "ben", "roles": ["king"]}, 400, "king is not one of the available choices"),
    ],
)
def test_what_is_wrong_is_told_in_the_form(signed_in, fields, status, words):
    answer = signed_in.post(f"{URL}/create", fields)

    assert answer.status_code == status
    text = answer.content.decode()
    assert words in text
    assert PASSWORD not in text
    assert [user.username for user in people.everybody(by=access.root())] == ["alice"]


def test_roles_are_checkboxes_that_show_what_is_so(signed_in, zoe):
    text = signed_in.get(f"{URL}/zoe/roles").content.decode()

    assert text.count('type="checkbox"') == len(Role)
    assert text.count(" checked>") == 1

    answer = signed_in.post(f"{URL}/zoe/roles", {"roles": ["read", "abandon"]}, follow=True)

    assert "The roles of zoe are changed." in answer.content.decode()
    assert people.roles_of(people.get("zoe", by=access.root())) == {Role.READ, Role.ABANDON}


def test_every_role_can_be_taken(signed_in, zoe):
    assert signed_in.post(f"{URL}/zoe/roles", {}).status_code == 303

    assert not people.roles_of(people.get("zoe", by=access.root()))


def test_a_superuser_keeps_every_role(signed_in, zoe):
    text = signed_in.get(f"{URL}/alice/roles").content.decode()
    assert "A superuser has every role" in text

    answer = signed_in.post(f"{URL}/alice/roles", {"roles": []})

    assert answer.status_code == 400
    assert "alice is a superuser, who has every role." in answer.content.decode()


def test_somebody_is_deactivated_and_activated_after_a_question(signed_in, zoe):
    assert "is signed out" in signed_in.get(f"{URL}/zoe/deactivate").content.decode()
    told = signed_in.post(f"{URL}/zoe/deactivate", follow=True).content.decode()
    assert "zoe is deactivated." in told
    zoe.refresh_from_db()
    assert not zoe.is_active

    assert "may sign in again" in signed_in.get(f"{URL}/zoe/activate").content.decode()
    assert (
        "zoe is activated." in signed_in.post(f"{URL}/zoe/activate", follow=True).content.decode()
    )
    zoe.refresh_from_db()
    assert zoe.is_active


def test_nobody_deactivates_himself(signed_in):
    answer = signed_in.post(f"{URL}/alice/deactivate")

    assert answer.status_code == 409
    assert "You cannot deactivate yourself" in answer.content.decode()


@pytest.mark.parametrize("what", ["roles", "deactivate", "activate"])
def test_who_is_not_there_is_not_found(signed_in, what):
    assert signed_in.get(f"{URL}/nobody/{what}").status_code == 404
    assert signed_in.post(f"{URL}/nobody/{what}").status_code == 404
