"""The page Connections, its dialogs, and the way to a commit at its host."""

import pytest
from django.contrib.auth.models import Group

from pipelines import connections, git
from pipelines.connections import Settings
from pipelines.core.connections import ProviderType
from pipelines.models import Connection
from pipelines.runner.hosts import connected
from tests.engine_room import ALICE, uuid_of_nothing
from tests.git_host import git_host, make_repository, push

URL = "/codesuite/settings/connections"
SECRET = "hunter2-is-secret"
FILLED_IN = {
    "name": "work",
    "provider_type": "GitHub",
    "base_url": "https://git.example.com/",
    "username": "ada",
    "token": SECRET,
    "private_key": "",
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path / "home"


@pytest.fixture
def connection():
    said = Settings(
        name="<b>work</b>",
        base_url="https://git.example.com",
        provider_type=ProviderType.GITLAB,
        username="ada",
        credential=SECRET,
    )
    return connections.create(said, by=ALICE)


def host_at(arn):
    found = connected(arn)
    assert found is not None
    return found


def at(connection, page):
    return f"{URL}/{connection.pk}/{page}"


def arn(connection):
    return connections.arn_of(connection.pk)


def test_without_connections_it_says_what_they_are_for(signed_in):
    text = signed_in.get(URL).content.decode()

    assert "There are no connections to display" in text
    assert f'href="{URL}/create"' in text


def test_the_list_tells_of_each_and_never_shows_a_credential(signed_in, connection):
    connections.create(Settings(name="here", base_url="/srv/git"), by=ALICE)

    answer = signed_in.get(URL)

    rows = [(row.name, row.provider, row.credential) for row in answer.context["rows"]]
    assert rows == [
        ("<b>work</b>", "GitLab", "Token of ada"),
        ("here", "Any other git host, or a path", "None"),
    ]
    text = answer.content.decode()
    assert "&lt;b&gt;work&lt;/b&gt;" in text
    assert arn(connection) in text
    assert SECRET not in text
    assert 'aria-current="page">Connections</a>' in text


def test_the_list_costs_the_same_however_many_there_are(
    signed_in, connection, django_assert_num_queries
):
    for number in range(20):
        connections.create(Settings(name=f"c{number}", base_url="/srv/git"), by=ALICE)

    with django_assert_num_queries(3):  # session, user, connections
        signed_in.get(URL)


def test_creating_seals_the_token_and_says_the_arn(signed_in):
    answer = signed_in.post(f"{URL}/create", FILLED_IN)

    assert (answer.status_code, answer.url) == (303, URL)
    made = Connection.objects.get()
    assert (made.name, made.base_url, made.provider_type) == (
        "work",
        "https://git.example.com",
        "GitHub",
    )
    assert host_at(arn(made)).credential.password == SECRET
    assert f"Its ARN is {arn(made)}." in signed_in.get(URL).content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"base_url": "git.example.com"}, "Invalid base URL"),
        ({"provider_type": "Other"}, "Select a valid choice"),
        ({"base_url": "ssh://git@example.com"}, "Invalid key: over SSH"),
    ],
)
def test_what_is_wrong_is_told_and_the_token_is_not_repeated(signed_in, typed, sentence):
    answer = signed_in.post(f"{URL}/create", {**FILLED_IN, **typed})

    assert answer.status_code == 400
    text = answer.content.decode()
    assert sentence in text
    assert SECRET not in text
    assert not Connection.objects.exists()


def test_a_name_that_is_taken_is_a_conflict(signed_in):
    signed_in.post(f"{URL}/create", FILLED_IN)

    assert signed_in.post(f"{URL}/create", FILLED_IN).status_code == 409


def test_editing_keeps_the_token_unless_one_is_typed_or_it_is_forgotten(signed_in, connection):
    form = signed_in.get(at(connection, "edit")).context["form"]
    assert form["token"].value() is None
    assert form["base_url"].value() == "https://git.example.com"

    signed_in.post(at(connection, "edit"), {**FILLED_IN, "token": ""})
    assert host_at(arn(connection)).credential.password == SECRET
    signed_in.post(at(connection, "edit"), {**FILLED_IN, "token": "another"})
    assert host_at(arn(connection)).credential.password == "another"
    signed_in.post(at(connection, "edit"), {**FILLED_IN, "token": "", "forget": "on"})
    assert host_at(arn(connection)).credential.password == ""
    assert "forget" not in signed_in.get(at(connection, "edit")).context["form"].fields


def test_a_key_is_pasted_for_ssh(signed_in):
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\r\nabc\r\n-----END OPENSSH PRIVATE KEY-----\r\n"
    typed = {"base_url": "ssh://git@example.com", "token": "", "private_key": key}

    assert signed_in.post(f"{URL}/create", {**FILLED_IN, **typed}).status_code == 303

    kept = host_at(arn(Connection.objects.get())).credential.private_key
    assert kept == key.replace("\r\n", "\n").strip()


def test_testing_asks_the_host(signed_in, tmp_path):
    make_repository(tmp_path / "root")
    with git_host(tmp_path / "root") as host:
        said = Settings(name="work", base_url=host.url)
        row = connections.create(said, by=ALICE)

        wrong = signed_in.post(at(row, "test"), {"repository": "acme/absent"})
        answer = signed_in.post(at(row, "test"), {"repository": "acme/site"})

    assert answer.status_code == 303
    text = signed_in.get(URL).content.decode()
    assert "The host has acme/site with 1 branch: main." in text
    assert wrong.status_code == 400
    assert "Looked for acme/absent at" in wrong.content.decode()


def test_deleting_is_asked_about_first(signed_in, connection):
    assert "Delete connection" in signed_in.get(at(connection, "delete")).content.decode()
    assert Connection.objects.exists()

    assert signed_in.post(at(connection, "delete")).status_code == 303
    assert not Connection.objects.exists()


def test_a_key_is_told_from_a_token_and_many_branches_are_counted(signed_in, tmp_path):
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----"
    said = Settings(name="over-ssh", base_url="ssh://git@example.com", credential=key)
    connections.create(said, by=ALICE)
    repository = tmp_path / "root/acme/site.git"
    make_repository(tmp_path / "root")
    for number in range(12):
        push(repository, f"topic-{number:02}", index="x")
    here = connections.create(Settings(name="here", base_url=str(tmp_path / "root")), by=ALICE)
    git.init_bare(tmp_path / "root/acme/empty.git")

    for full_id in ("acme/site", "acme/empty"):
        assert signed_in.post(at(here, "test"), {"repository": full_id}).status_code == 303

    text = signed_in.get(URL).content.decode()
    assert "SSH key" in text
    assert "acme/site with 13 branches: main, topic-00," in text
    assert "topic-08 and 3 more." in text
    assert "The host has acme/empty, and it has no branches yet." in text


@pytest.mark.parametrize("page", ["edit", "test", "delete"])
def test_a_connection_that_does_not_exist_is_not_found(signed_in, page):
    assert signed_in.get(f"{URL}/{uuid_of_nothing()}/{page}").status_code == 404


@pytest.mark.parametrize("page", ["create", "{pk}/edit", "{pk}/test", "{pk}/delete"])
def test_who_may_only_look_is_told_so_and_changes_nothing(
    client, django_user_model, connection, page
):
    user = django_user_model.objects.create_user("bob")
    user.groups.add(Group.objects.get_or_create(name="read")[0])
    client.force_login(user)
    url = f"{URL}/{page.format(pk=connection.pk)}"

    assert client.get(URL).status_code == 200
    asked = client.get(url)
    tried = client.post(url, {**FILLED_IN, "repository": "acme/site"})

    assert (asked.status_code, tried.status_code) == (403, 403)
    assert "You need the role “edit” for this." in asked.content.decode()
    assert Connection.objects.get().name == "<b>work</b>"


def test_who_may_nothing_does_not_even_see_the_list(client, django_user_model, connection):
    client.force_login(django_user_model.objects.create_user("eve"))

    assert client.get(URL).status_code == 403


def test_a_commit_is_shown_where_its_host_shows_it(signed_in, connection):
    asked = {"connectionArn": arn(connection), "FullRepositoryId": "a/b", "Commit": "0" * 40}

    answer = signed_in.get(f"{URL}/redirect", asked)

    assert answer.url == f"https://git.example.com/a/b/-/commit/{'0' * 40}"


@pytest.mark.parametrize(
    "changes",
    [
        {"connectionArn": ""},
        {"connectionArn": "https://evil.example.com"},
        {"Commit": "../x"},
    ],
)
def test_what_is_no_commit_of_a_connection_is_not_found(signed_in, connection, changes):
    asked = {"connectionArn": arn(connection), "FullRepositoryId": "a/b", "Commit": "0" * 40}

    assert signed_in.get(f"{URL}/redirect", {**asked, **changes}).status_code == 404


def test_a_host_without_pages_leads_back_to_the_list(signed_in):
    row = connections.create(Settings(name="here", base_url="/srv/git"), by=ALICE)
    asked = {"connectionArn": arn(row), "FullRepositoryId": "a/b", "Commit": "0" * 40}

    answer = signed_in.get(f"{URL}/redirect", asked)

    assert answer.url == URL
    assert "has no page for a commit" in signed_in.get(URL).content.decode()
