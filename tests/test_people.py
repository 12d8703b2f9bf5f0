"""People: who administers them, what roles they get, and that somebody always administers."""

import io
import threading

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import connection

from pipelines import access, people
from pipelines.core.refusals import AccessDenied, InvalidRequest
from pipelines.core.rights import Role
from pipelines.people import NobodyLeft, PersonExists, PersonNotFound

PASSWORD = "correct horse battery"


@pytest.fixture
def bob(db):
    """Somebody who administers, and the only one, as a caller."""
    return access.caller_of(create("bob", Role.ADMIN))


def create(username, *roles, password=PASSWORD):
    return people.create(username, password=password, roles=roles, by=access.root())


def test_a_new_user_can_sign_in_and_has_the_roles(bob):
    user = people.create("ada", password=PASSWORD, roles=[Role.READ, Role.WORK], by=bob)

    assert user.check_password(PASSWORD)
    assert access.caller_of(user).roles == {Role.READ, Role.WORK}
    assert people.roles_of(user) == {Role.READ, Role.WORK}


def test_without_a_password_nobody_can_sign_in(db):
    assert not create("robot", Role.WORK, password="").has_usable_password()


@pytest.mark.parametrize(
    ("username", "password", "words"),
    [
        ("", PASSWORD, "This field cannot be blank"),
        ("a b", PASSWORD, "Enter a valid username"),
        ("a\0", PASSWORD, "Enter a valid username"),
        ("\ud800", PASSWORD, "Enter a valid username"),
        ("a/b", PASSWORD, "Enter a valid username"),
        ("a" * 151, PASSWORD, "at most 150 characters"),
        ("ada", "short", "too short"),
        ("ada", "12345678", "entirely numeric"),
        ("adalovelace", "adalovelace", "too similar to the username"),
    ],
)
def test_names_and_passwords_that_will_not_do_are_refused_with_the_reason(
    bob, username, password, words
):
    with pytest.raises(InvalidRequest, match=words):
        people.create(username, password=password, roles=[], by=bob)

    assert [user.username for user in people.everybody(by=bob)] == ["bob"]


def test_no_two_have_the_same_name(bob):
    with pytest.raises(PersonExists, match="User with name bob already exists"):
        people.create("bob", password=PASSWORD, roles=[], by=bob)


def test_roles_are_set_and_taken_and_other_groups_are_left_alone(bob):
    ada = create("ada", Role.READ)
    ada.groups.add(Group.objects.create(name="Football"))

    people.set_roles("ada", [Role.OPERATE, Role.ABANDON], by=bob)

    assert access.caller_of(ada).roles == {Role.OPERATE, Role.ABANDON}
    assert {group.name for group in ada.groups.all()} == {"operate", "abandon", "Football"}
    people.set_roles("ada", [], by=bob)
    assert not access.caller_of(ada).roles


def test_who_does_not_administer_changes_nobody(bob):
    ada = access.caller_of(create("ada", Role.READ, Role.OPERATE, Role.EDIT, Role.WORK))
    attempts = [
        lambda: people.everybody(by=ada),
        lambda: people.get("bob", by=ada),
        lambda: people.create("cy", password=PASSWORD, roles=[], by=ada),
        lambda: people.set_roles("ada", [Role.ADMIN], by=ada),
        lambda: people.deactivate("bob", by=ada),
        lambda: people.activate("bob", by=ada),
    ]

    for attempt in attempts:
        with pytest.raises(AccessDenied, match="user/ada is not authorized to perform: iam:"):
            attempt()

    assert {user.username for user in people.everybody(by=bob)} == {"ada", "bob"}
    assert people.roles_of(people.get("bob", by=bob)) == {Role.ADMIN}


@pytest.mark.parametrize("username", ["nobody", "\0", "\ud800"])
def test_nobody_who_is_not_there_can_be_changed(bob, username):
    for attempt in (
        lambda: people.set_roles(username, [Role.ADMIN], by=bob),
        lambda: people.deactivate(username, by=bob),
        lambda: people.activate(username, by=bob),
        lambda: people.get(username, by=bob),
    ):
        with pytest.raises(PersonNotFound, match="cannot be found"):
            attempt()


def test_who_is_deactivated_is_out_until_activated_again(bob, client):
    create("ada", Role.READ)
    assert client.login(username="ada", password=PASSWORD)

    people.deactivate("ada", by=bob)

    assert client.get("/codesuite/codepipeline/pipelines").status_code == 302
    assert not client.login(username="ada", password=PASSWORD)
    people.activate("ada", by=bob)
    assert client.login(username="ada", password=PASSWORD)


def test_nobody_deactivates_himself(bob):
    create("cy", Role.ADMIN)

    with pytest.raises(NobodyLeft, match="You cannot deactivate yourself"):
        people.deactivate("bob", by=bob)


def test_the_only_administrator_stays_one(bob):
    with pytest.raises(NobodyLeft, match="bob is the only administrator"):
        people.deactivate("bob", by=access.root())
    with pytest.raises(NobodyLeft, match="bob is the only administrator"):
        people.set_roles("bob", [Role.READ], by=bob)
    people.set_roles("bob", [Role.READ, Role.ADMIN], by=bob)

    create("cy", Role.ADMIN)
    people.set_roles("bob", [Role.READ], by=bob)
    assert [user.username for user in people.administrators()] == ["cy"]


def test_who_is_deactivated_counts_as_no_administrator(bob):
    create("cy", Role.ADMIN)
    people.deactivate("cy", by=bob)

    with pytest.raises(NobodyLeft):
        people.set_roles("bob", [], by=bob)


def test_a_superuser_administers_and_has_every_role(bob, django_user_model):
    root = django_user_model.objects.create_superuser("zoe")

    assert people.roles_of(root) == frozenset(Role)
    assert [user.username for user in people.administrators()] == ["bob", "zoe"]
    with pytest.raises(InvalidRequest, match="zoe is a superuser, who has every role"):
        people.set_roles("zoe", [Role.READ], by=bob)


def test_two_administrators_do_not_put_one_another_out(transactional_db):
    admins = {name: access.caller_of(create(name, Role.ADMIN)) for name in ("ann", "ben")}
    refused, ready = [], threading.Barrier(2)

    def put_out(by, other):
        ready.wait()
        try:
            people.deactivate(other, by=admins[by])
        except NobodyLeft as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    pairs = (("ann", "ben"), ("ben", "ann"))
    threads = [threading.Thread(target=put_out, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(people.administrators()) == 1
    assert len(refused) == 1


# The command


@pytest.fixture
def tell(capsys):
    """What the command says."""

    def run(*words):
        call_command("users", *words)
        return capsys.readouterr().out

    return run


def test_the_command_creates_lists_gives_roles_and_lets_in_and_out(bob, tell, client):
    said = tell("create", "ada", "--roles", "operate", "read")
    assert said.startswith("ada is created, with read, operate.\nPassword  ")
    password = said.split("Password  ")[1].split("\n")[0]
    assert client.login(username="ada", password=password)

    assert tell("roles", "ada", "edit") == "ada has edit.\n"
    assert tell("roles", "ada") == "ada has no roles.\n"
    assert tell("deactivate", "ada") == "ada is deactivated.\n"
    assert tell("list") == "ada  inactive  no roles\nbob  active    admin\n"
    assert tell("activate", "ada") == "ada is active.\n"


def test_the_command_takes_a_password_from_its_input(bob, tell, monkeypatch, client):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))

    assert tell("create", "ada", "--password-stdin") == "ada is created, with no roles.\n"
    assert client.login(username="ada", password=PASSWORD)
    with pytest.raises(CommandError, match="no password on the standard input"):
        tell("create", "cy", "--password-stdin")


def test_the_command_makes_users_for_programs(bob, tell):
    assert tell("create", "robot", "--no-password", "--roles", "work") == (
        "robot is created, with work.\n"
    )


def test_the_command_says_what_is_wrong(bob, tell):
    with pytest.raises(CommandError, match="there is no role reed; the roles are read, operate"):
        tell("roles", "bob", "reed")
    with pytest.raises(CommandError, match="only administrator"):
        tell("roles", "bob", "read")
    with pytest.raises(CommandError, match="already exists"):
        tell("create", "bob")
