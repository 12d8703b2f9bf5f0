"""Connections: who may make them, what may be said of them, and that credentials stay sealed."""

import io
import sys

import pytest
from django.core.management import CommandError, call_command

from pipelines import connections, definitions, keyring, places, runner, sealing
from pipelines.connections import Settings
from pipelines.core.action_types import ActionTypeId
from pipelines.core.connections import ProviderType
from pipelines.core.refusals import (
    AccessDenied,
    ConnectionNameInUse,
    ConnectionNotFound,
    InvalidRequest,
    LimitExceeded,
)
from pipelines.core.rights import Caller, Role
from pipelines.models import Connection
from pipelines.runner.hosts import connected
from tests.definitions import action, commands, definition, stage
from tests.engine_room import ALICE, uuid_of_nothing
from tests.git_host import git_host, make_repository

SECRET = "hunter2-is-secret"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\r\nabc\r\n-----END OPENSSH PRIVATE KEY-----\r\n"
ARN = (
    "arn:aws:codeconnections:eu-west-1:999999999999:connection/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
)
BOB = Caller(arn="arn:aws:iam::123456789012:user/bob", roles=frozenset({Role.READ}))

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path / "home"
    return settings.PENSTOCK_HOME


def host_at(arn):
    found = connected(arn)
    assert found is not None
    return found


def said(**changes):
    return Settings(**{"name": "work", "base_url": "https://git.example.com", **changes})


def create(**changes):
    return connections.create(said(**changes), by=ALICE)


def test_a_credential_is_sealed_and_only_a_source_gets_it(home):
    row = create(username="ada", credential=SECRET, provider_type=ProviderType.GITLAB)

    assert SECRET not in repr(list(Connection.objects.values()))
    host = host_at(connections.arn_of(row.pk))
    assert (host.base_url, host.provider_type) == ("https://git.example.com", "GitLab")
    assert (host.credential.username, host.credential.password) == ("ada", SECRET)
    assert SECRET not in repr(host)
    assert SECRET not in repr(said(credential=SECRET))


def test_a_token_without_a_name_gets_some_name():
    row = create(credential=SECRET)

    assert host_at(connections.arn_of(row.pk)).credential.username == "x-access-token"


def test_a_key_for_ssh(home):
    row = create(base_url="ssh://git@example.com", credential=KEY)

    credential = host_at(connections.arn_of(row.pk)).credential
    assert (credential.private_key, credential.password) == (KEY, "")
    assert credential.known_hosts == places.known_hosts()


def test_an_arn_from_elsewhere_can_be_kept():
    row = connections.create(said(), by=ALICE, arn=ARN)

    assert host_at(ARN).called == "the connection work"
    assert connected(ARN.replace("codeconnections", "codestar-connections")) is not None
    assert connections.arn_of(row.pk).endswith(ARN.rpartition("/")[2])
    assert connections.named(ARN).pk == connections.named("work").pk
    with pytest.raises(ConnectionNameInUse, match="or one with the ARN"):
        connections.create(said(name="other"), by=ALICE, arn=ARN)
    with pytest.raises(InvalidRequest, match="is not the ARN of a connection"):
        connections.create(said(name="other"), by=ALICE, arn="arn:aws:s3:::x")


@pytest.mark.parametrize("arn", ["", "x", ARN, "arn:aws:s3:::bucket", "\0"])
def test_an_arn_of_nothing_is_no_host(arn):
    assert connected(arn) is None
    with pytest.raises(ConnectionNotFound):
        connections.named(arn)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "it is empty"),
        ({"name": "x" * 33}, "Invalid connection name: at most 32"),
        ({"name": "a\0b"}, "null character"),
        ({"base_url": "git.example.com"}, "Invalid base URL"),
        ({"base_url": "https://ada:x@git.example.com"}, "fields of their own"),
        ({"username": "a:b"}, "Invalid username"),
        ({"username": "x" * 256}, "Invalid username: at most 255"),
        ({"credential": "a\nb"}, "Invalid token: it has a line break"),
        ({"credential": "\ud800"}, "surrogate"),
        ({"base_url": "ssh://host", "credential": "token"}, "Invalid key: over SSH"),
        ({"base_url": "/srv/git", "credential": "token"}, "a path of this machine needs none"),
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_kept(changes, sentence):
    with pytest.raises(InvalidRequest, match=sentence):
        create(**changes)

    assert not Connection.objects.exists()
    row = create()
    before = Connection.objects.values().get()
    with pytest.raises(InvalidRequest, match=sentence):
        connections.update(row.pk, said(**changes), by=ALICE)
    assert Connection.objects.values().get() == before


def test_two_cannot_have_one_name():
    row = create()
    other = create(name="other")

    with pytest.raises(ConnectionNameInUse, match="named work already"):
        create()
    with pytest.raises(ConnectionNameInUse, match="named work already"):
        connections.update(other.pk, said(), by=ALICE)
    connections.update(row.pk, said(), by=ALICE)


def test_there_can_be_so_many_and_no_more(monkeypatch):
    monkeypatch.setattr(connections, "MOST", 1)
    create()

    with pytest.raises(LimitExceeded, match="no more"):
        create(name="other")


def test_a_change_keeps_the_credential_replaces_it_or_forgets_it():
    row = create(username="ada", credential=SECRET)
    arn = connections.arn_of(row.pk)

    connections.update(row.pk, said(name="renamed", username="bob"), by=ALICE)
    assert host_at(arn).credential.password == SECRET
    assert host_at(arn).called == "the connection renamed"

    connections.update(row.pk, said(credential="another"), by=ALICE)
    assert host_at(arn).credential.password == "another"

    connections.update(row.pk, said(credential=""), by=ALICE)
    assert host_at(arn).credential.password == ""


def test_a_credential_is_not_sent_to_an_address_that_it_was_not_given_for():
    row = create(credential=SECRET)

    with pytest.raises(InvalidRequest, match="Give the token or key again"):
        connections.update(row.pk, said(base_url="https://evil.example.com"), by=ALICE)

    assert host_at(connections.arn_of(row.pk)).base_url == "https://git.example.com"
    connections.update(row.pk, said(base_url="https://b.example.com", credential="b"), by=ALICE)


def test_who_may_only_look_changes_nothing_and_tries_nothing():
    row = create()

    assert list(connections.listed(by=BOB)) == [row]
    for attempt in (
        lambda: connections.create(said(name="other"), by=BOB),
        lambda: connections.update(row.pk, said(), by=BOB),
        lambda: connections.delete(row.pk, by=BOB),
        lambda: connections.try_out(row.pk, "acme/site", by=BOB),
    ):
        with pytest.raises(AccessDenied, match=r"perform: codestar-connections:\w+ on resource"):
            attempt()
    with pytest.raises(AccessDenied):
        connections.listed(by=Caller(arn=BOB.arn, roles=frozenset()))


def test_what_is_deleted_is_not_there():
    row = create()
    connections.delete(row.pk, by=ALICE)

    for attempt in (
        lambda: connections.delete(row.pk, by=ALICE),
        lambda: connections.update(row.pk, said(), by=ALICE),
        lambda: connections.try_out(uuid_of_nothing(), "a/b", by=ALICE),
    ):
        with pytest.raises(ConnectionNotFound):
            attempt()


def test_a_rotation_of_the_keys_seals_credentials_anew():
    row = create(credential=SECRET)
    before = Connection.objects.get().sealed_credential

    assert keyring.rotate() == 1

    assert Connection.objects.get().sealed_credential != before
    assert host_at(connections.arn_of(row.pk)).credential.password == SECRET


def test_a_credential_of_another_connection_or_penstock_is_not_opened():
    row, other = create(credential=SECRET), create(name="other", credential="b")
    Connection.objects.filter(pk=row.pk).update(
        sealed_credential=Connection.objects.get(pk=other.pk).sealed_credential
    )

    with pytest.raises(sealing.Unreadable):
        host_at(connections.arn_of(row.pk))
    with pytest.raises(sealing.Unreadable, match=f"secrets of connection {row.pk} cannot be read"):
        keyring.check_readable()


def test_a_lost_file_of_keys_is_not_made_anew():
    create(credential=SECRET)
    places.sealing_keys().unlink()

    with pytest.raises(sealing.Unreadable, match="is missing"):
        create(name="other", credential="b")


# Asking the host


@pytest.fixture
def host(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    with git_host(root) as running:
        running.user = ("ada", SECRET)
        yield running


def test_trying_a_connection_really_asks(host):
    make_repository(host.root)
    row = create(base_url=host.url, username="ada", credential=SECRET)

    assert connections.try_out(row.pk, "acme/site", by=ALICE) == ("main",)


@pytest.mark.parametrize(
    ("changes", "full_id", "sentence"),
    [
        ({}, "acme/absent", "Looked for acme/absent at"),
        ({"credential": "wrong"}, "acme/site", "denied access. Give the connection work a cred"),
        ({"base_url": "http://127.0.0.1:9"}, "acme/site", "http://127.0.0.1:9 cannot be reached"),
        ({}, "../etc", "is not the id of a repository"),
    ],
)
def test_trying_a_connection_says_why_not(host, changes, full_id, sentence):
    make_repository(host.root)
    row = create(**{"base_url": host.url, "username": "ada", "credential": SECRET, **changes})

    with pytest.raises(InvalidRequest, match=sentence) as refusal:
        connections.try_out(row.pk, full_id, by=ALICE)

    assert SECRET not in refusal.value.message


def test_a_host_that_hangs_keeps_nobody_for_long(host, monkeypatch):
    monkeypatch.setattr(connections, "TRY_SECONDS", 0.5)
    host.hangs = True
    row = create(base_url=host.url)

    with pytest.raises(InvalidRequest, match="did not finish within"):
        connections.try_out(row.pk, "acme/site", by=ALICE)


# A pipeline


def test_a_pipeline_fetches_and_builds_through_a_connection(engine_room, host):
    commit = make_repository(host.root)
    row = create(base_url=host.url, username="ada", credential=SECRET)
    arn = connections.arn_of(row.pk)
    source_type = ("Source", "AWS", "CodeStarSourceConnection", "1")
    configuration = {
        "ConnectionArn": arn,
        "FullRepositoryId": "acme/site",
        "BranchName": "main",
        "OutputArtifactFormat": "CODEBUILD_CLONE_REF",
    }
    fetch = action(
        "Fetch", ActionTypeId(*source_type), outputs=["Code"], configuration=configuration
    )
    build = commands("Build", "git log -1 --format=%H > built")
    stages = [stage("Source", fetch), stage("Build", build)]
    engine_room.pipeline = definitions.create(
        definition(stages=stages, pipeline_type="V2"), by=ALICE
    )
    engine_room.settle()
    for name in ("Fetch", "Build"):
        runner.perform(engine_room.pipeline.pk, engine_room.live(name).pk)
        engine_room.settle()

    execution = engine_room.pipeline.executions.get()
    assert execution.status == "Succeeded", engine_room.latest("Build").error_message
    [revision] = execution.source_revisions
    assert revision["revisionId"] == commit
    logs = [places.log_of(a.pk).read_text() for a in execution.action_executions.all()]
    assert SECRET not in "".join(logs)


# The command


@pytest.fixture
def tell(monkeypatch):
    def run(*arguments, typed=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        out = io.StringIO()
        call_command("connections", *arguments, stdout=out)
        return out.getvalue()

    return run


def test_the_command_makes_changes_tries_and_deletes(tell, host):
    make_repository(host.root)
    assert tell("list") == "There are no connections.\n"

    given = ("--username", "ada", "--credential-stdin", "--provider-type", "GitLab")
    made = tell("create", "work", host.url, *given, "--arn", ARN, typed=f"{SECRET}\n")

    assert made.strip().endswith(ARN.rpartition("/")[2])
    assert f"work  GitLab  {host.url}  with a credential" in tell("list")
    assert tell("test", "work", "acme/site") == "main\n"
    assert tell("update", "work", "--name", "renamed") == "Connection renamed is updated.\n"
    assert tell("test", ARN, "acme/site") == "main\n"
    tell("update", "renamed", "--credential-stdin", typed="")
    assert "without a credential" in tell("list")
    assert tell("delete", "renamed") == "Connection renamed is deleted.\n"


def test_the_command_says_that_a_file_is_lost(tell, host):
    given = ("--credential-stdin",)
    tell("create", "work", host.url, *given, typed=SECRET)
    places.sealing_keys().unlink()

    with pytest.raises(CommandError, match="is missing"):
        tell("test", "work", "acme/site")


def test_the_command_says_why_not(tell):
    with pytest.raises(CommandError, match="Connection not found: absent"):
        tell("delete", "absent")
    with pytest.raises(CommandError, match="Invalid base URL"):
        tell("create", "work", "nowhere")
