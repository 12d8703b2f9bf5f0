"""Access keys: who may make and manage them, and how their secrets are kept."""

import threading
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from pipelines import access, access_keys, keyring, people, places, sealing
from pipelines.access_keys import (
    MOST_KEYS,
    AccessKeyExists,
    AccessKeyNotFound,
    TooManyAccessKeys,
)
from pipelines.core.refusals import AccessDenied, InvalidRequest
from pipelines.core.rights import Role
from pipelines.models import AccessKey
from pipelines.people import PersonNotFound
from pipelines.sealing import Unreadable

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    return tmp_path


@pytest.fixture
def ada(db, django_user_model):
    """Somebody without any role, as a caller."""
    return access.caller_of(django_user_model.objects.create_user("ada"))


@pytest.fixture
def bob(db, django_user_model):
    """Somebody who administers, as a caller."""
    bob = django_user_model.objects.create_user("bob")
    people.set_roles("bob", [Role.ADMIN], by=access.root())
    return access.caller_of(bob)


def secret_of(access_key_id):
    return keyring.secret_of(access_key_id, AccessKey.objects.get(pk=access_key_id).sealed_secret)


# Whose they are


def test_a_key_looks_as_awss_do_and_its_secret_can_be_had_back(ada):
    access_key_id, secret = access_keys.create("ada", by=ada, description="Laptop")

    assert access_key_id.startswith("AKIA")
    assert len(access_key_id) == 20
    assert len(secret) == 40
    assert secret_of(access_key_id) == secret


def test_everybody_manages_keys_of_their_own(ada):
    access_key_id, _ = access_keys.create("ada", by=ada)
    access_keys.disable(access_key_id, by=ada)
    assert not AccessKey.objects.get().is_enabled
    access_keys.enable(access_key_id, by=ada)
    assert [key.is_enabled for key in access_keys.listed(by=ada, username="ada")] == [True]
    access_keys.delete(access_key_id, by=ada)

    assert not AccessKey.objects.exists()


def test_an_admin_manages_those_of_everybody(ada, bob):
    access_key_id, _ = access_keys.create("ada", by=bob)
    access_keys.disable(access_key_id, by=bob)

    assert [key.pk for key in access_keys.listed(by=bob)] == [access_key_id]
    access_keys.delete(access_key_id, by=bob)


def test_nobody_else_does(ada, bob):
    access_key_id, _ = access_keys.create("bob", by=bob)

    with pytest.raises(AccessDenied, match=r"iam:CreateAccessKey on resource: .*user/bob"):
        access_keys.create("bob", by=ada)
    with pytest.raises(AccessDenied, match="iam:ListAccessKeys"):
        access_keys.listed(by=ada, username="bob")
    with pytest.raises(AccessDenied, match="iam:ListAccessKeys"):
        access_keys.listed(by=ada)
    for verb in (access_keys.disable, access_keys.enable, access_keys.delete, access_keys.get):
        with pytest.raises(AccessKeyNotFound, match=access_key_id):
            verb(access_key_id, by=ada)
    assert AccessKey.objects.get().is_enabled


@pytest.mark.parametrize("access_key_id", ["AKIANOBODYHASTHISONE", "", "\0", "a b", "x" * 300])
def test_what_is_not_there_cannot_be_found(db, access_key_id):
    with pytest.raises(AccessKeyNotFound):
        access_keys.delete(access_key_id, by=access.root())


@pytest.mark.parametrize("username", ["nobody", "\0", "\ud800"])
def test_nobody_who_is_not_there_has_any(db, username):
    assert list(access_keys.listed(by=access.root(), username=username)) == []


def test_nobody_who_is_not_there_gets_one(db):
    with pytest.raises(PersonNotFound, match="user with name nobody cannot be found"):
        access_keys.create("nobody", by=access.root())


def test_there_are_only_so_many_of_one_user(ada, bob):
    for _ in range(MOST_KEYS):
        access_keys.create("ada", by=ada)
    AccessKey.objects.update(is_enabled=False)

    with pytest.raises(TooManyAccessKeys, match="Cannot exceed quota for AccessKeysPerUser: 5"):
        access_keys.create("ada", by=ada)
    access_keys.create("bob", by=bob)


def test_the_same_id_a_second_time_shows_no_secret(ada, bob):
    access_keys.create("ada", by=ada, access_key_id="AKIAONE", secret="first")

    for name, caller in (("ada", ada), ("bob", bob)):
        with pytest.raises(AccessKeyExists, match="not shown again"):
            access_keys.create(name, by=caller, access_key_id="AKIAONE", secret="second")

    assert secret_of("AKIAONE") == "first"


@pytest.mark.parametrize(
    "given",
    [
        {"access_key_id": "with space"},
        {"access_key_id": "a" * 129},
        {"access_key_id": "é"},
        {"description": "a" * 257},
        {"description": "\0"},
        {"description": "\ud800"},
    ],
)
def test_what_cannot_be_kept_is_refused(ada, given):
    with pytest.raises(InvalidRequest):
        access_keys.create("ada", by=ada, **given)

    assert not AccessKey.objects.exists()


def test_a_user_who_is_deleted_leaves_no_key_behind(ada, django_user_model):
    access_keys.create("ada", by=ada)
    django_user_model.objects.all().delete()

    assert not AccessKey.objects.exists()


def test_only_so_many_also_when_asked_at_the_same_time(transactional_db, django_user_model):
    django_user_model.objects.create_user("ada")
    refused = []

    def ask():
        try:
            access_keys.create("ada", by=access.root())
        except TooManyAccessKeys as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(MOST_KEYS + 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert AccessKey.objects.count() == MOST_KEYS
    assert len(refused) == 3


# How secrets are kept


def test_only_the_owner_may_read_the_file_of_keys(ada):
    access_keys.create("ada", by=ada)

    assert places.sealing_keys().stat().st_mode & 0o777 == 0o600
    assert places.sealing_keys().parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in places.sealing_keys().parent.iterdir()] == ["access_keys"]


def test_no_row_holds_a_secret_in_the_clear(ada):
    _, secret = access_keys.create("ada", by=ada)

    assert secret.encode() not in bytes(AccessKey.objects.get().sealed_secret)
    assert secret not in repr(AccessKey.objects.values().get())


def test_a_secret_cannot_be_moved_to_another_key(ada):
    first, _ = access_keys.create("ada", by=ada)
    second, _ = access_keys.create("ada", by=ada)
    sealed = AccessKey.objects.get(pk=second).sealed_secret
    AccessKey.objects.filter(pk=first).update(sealed_secret=sealed)

    with pytest.raises(Unreadable, match=f"{first} cannot be read. It belongs to another"):
        keyring.check_readable()


def test_a_lost_file_of_keys_is_told_and_not_made_anew(ada):
    access_keys.create("ada", by=ada)
    places.sealing_keys().unlink()

    with pytest.raises(Unreadable, match=r"access_keys is missing. Put the file back"):
        keyring.check_readable()
    with pytest.raises(Unreadable, match="is missing"):
        access_keys.create("ada", by=ada)
    with pytest.raises(Unreadable, match="is missing"):
        keyring.rotate()
    assert not places.sealing_keys().exists()
    assert AccessKey.objects.count() == 1


def test_without_any_access_key_a_new_file_may_be_made(ada):
    access_key_id, _ = access_keys.create("ada", by=ada)
    access_keys.delete(access_key_id, by=ada)
    places.sealing_keys().unlink()

    access_keys.create("ada", by=ada)

    keyring.check_readable()


def test_a_file_of_another_penstock_opens_nothing(ada):
    access_key_id, _ = access_keys.create("ada", by=ada)
    places.sealing_keys().write_bytes(Fernet.generate_key())

    with pytest.raises(Unreadable, match=f"{access_key_id} cannot be read. It was sealed"):
        keyring.check_readable()


def test_a_file_that_holds_no_keys_is_told(ada):
    access_keys.create("ada", by=ada)
    places.sealing_keys().write_text("hello")

    with pytest.raises(Unreadable, match="does not hold keys, one a line"):
        keyring.check_readable()


def test_rotating_seals_every_secret_with_a_new_key_and_loses_none(ada):
    made = dict(access_keys.create("ada", by=ada) for _ in range(3))
    before = places.sealing_keys().read_bytes().split()
    sealed = set(AccessKey.objects.values_list("sealed_secret", flat=True))

    assert keyring.rotate() == 3

    after = places.sealing_keys().read_bytes().split()
    assert after[1:] == before
    assert not sealed & set(AccessKey.objects.values_list("sealed_secret", flat=True))
    places.sealing_keys().write_bytes(after[0])  # the old key opens nothing that counts
    assert {access_key_id: secret_of(access_key_id) for access_key_id in made} == made


def test_a_key_from_before_the_last_rotation_is_forgotten(ada):
    access_keys.create("ada", by=ada)
    [first] = places.sealing_keys().read_bytes().split()

    keyring.rotate()
    keyring.rotate()

    kept = places.sealing_keys().read_bytes().split()
    assert len(kept) == 2
    assert first not in kept
    assert places.sealing_keys().stat().st_mode & 0o777 == 0o600
    keyring.check_readable()


def test_what_was_sealed_while_the_keys_changed_places_can_be_read(ada):
    """By somebody who had read the file before it was written anew."""
    access_keys.create("ada", by=ada)
    old = places.sealing_keys().read_bytes()
    keyring.rotate()
    late = Fernet(old.strip()).encrypt(b'{"id": "AKIALATE", "secret": "late"}')

    assert keyring.secret_of("AKIALATE", late) == "late"


def test_a_rotation_that_cannot_read_everything_changes_nothing(ada):
    access_keys.create("ada", by=ada)
    other, _ = access_keys.create("ada", by=ada)
    AccessKey.objects.filter(pk=other).update(sealed_secret=b"rubbish")
    before = places.sealing_keys().read_bytes(), list(AccessKey.objects.values_list())

    with pytest.raises(Unreadable, match=other):
        keyring.rotate()

    assert (places.sealing_keys().read_bytes(), list(AccessKey.objects.values_list())) == before


def test_many_who_make_the_file_at_once_all_use_the_same(tmp_path):
    path = tmp_path / "secrets" / "access_keys"
    path.parent.mkdir()
    ready = threading.Barrier(8)

    def make():
        ready.wait()
        sealing.make(path)
        sealed.append(sealing.seal(path, b"a"))

    sealed: list[bytes] = []
    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [sealing.unseal(path, each) for each in sealed] == [b"a"] * 8
    assert list(path.parent.iterdir()) == [path]


def test_penstock_does_not_start_with_a_foreign_file_of_keys(ada):
    access_keys.create("ada", by=ada)
    call_command("bootstrap")
    places.sealing_keys().write_bytes(Fernet.generate_key())

    with pytest.raises(CommandError, match="Put the file back that belongs to this database"):
        call_command("bootstrap")


def test_the_first_start_says_which_access_key_will_not_do(db, settings, django_user_model):
    settings.PENSTOCK_DEMO = False
    settings.PENSTOCK_ACCESS_KEY_ID = "my key"

    with pytest.raises(CommandError, match="id of an access key is"):
        call_command("bootstrap")

    assert not django_user_model.objects.exists()


# The command


@pytest.fixture
def tell(capsys):
    """What the command says."""

    def run(*words):
        call_command("access_keys", *words)
        return capsys.readouterr().out

    return run


def test_the_command_creates_lists_disables_enables_and_deletes(ada, tell):
    assert tell("list") == "There are no access keys.\n"
    lines = tell("create", "ada", "--description", "Laptop").splitlines()
    variables = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    access_key_id = variables["AWS_ACCESS_KEY_ID"]
    assert variables["AWS_SECRET_ACCESS_KEY"] == secret_of(access_key_id)

    assert tell("list", "--user", "ada") == (
        f"{access_key_id}  enabled   ada  never used  Laptop\n"
    )
    assert tell("disable", access_key_id) == f"{access_key_id} is disabled.\n"
    AccessKey.objects.update(last_used_at=NOW)
    assert tell("list") == f"{access_key_id}  disabled  ada  used 2026-11-25 00:00Z  Laptop\n"
    assert tell("enable", access_key_id) == f"{access_key_id} is enabled.\n"
    assert tell("delete", access_key_id) == f"{access_key_id} is deleted.\n"
    assert not AccessKey.objects.exists()


def test_the_command_rotates(ada, tell):
    access_keys.create("ada", by=ada)

    assert tell("rotate") == "1 secrets are sealed with a new key.\n"


def test_the_command_says_what_is_wrong(ada, tell):
    with pytest.raises(CommandError, match="AKIANOBODY cannot be found"):
        tell("disable", "AKIANOBODY")
    with pytest.raises(CommandError, match="nobody cannot be found"):
        tell("create", "nobody")
    access_keys.create("ada", by=ada)
    places.sealing_keys().unlink()
    with pytest.raises(CommandError, match="is missing"):
        tell("rotate")
