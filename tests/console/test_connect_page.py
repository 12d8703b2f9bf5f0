"""Connect a client: the lines to copy are those that really lead clients here."""

import shlex

import botocore.session
import pytest

from pipelines import access, access_keys, people
from pipelines.core.rights import Role

URL = "/codesuite/settings/connect"


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    settings.PENSTOCK_URL = "http://penstock.example:8123"
    settings.PENSTOCK_REGION = "eu-central-1"


@pytest.fixture
def ana(client, db):
    """A client of Ana, who may read."""
    client.force_login(people.create("ana", password="", roles=[Role.READ], by=access.root()))
    return client


def a_key(**given):
    return access_keys.create("ana", by=access.root(), **given)[0]


def lines(answer):
    """What can be copied, by its title."""
    return {snippet.title: snippet.text for snippet in answer.context["snippets"]}


def test_it_names_endpoint_region_and_account(ana):
    text = ana.get(URL).content.decode()

    for value in ("http://penstock.example:8123", "eu-central-1", "123456789012"):
        assert value in text


def test_without_a_key_it_offers_to_create_one(ana):
    answer = ana.get(URL)

    assert "You have no access key that works" in answer.content.decode()
    assert "AWS_ACCESS_KEY_ID='<access key id>'" in lines(answer)["In this shell"]


def test_the_key_that_was_chosen_is_in_the_lines(ana):
    first, second = a_key(description="First"), a_key()

    assert f"AWS_ACCESS_KEY_ID={second}\n" in lines(ana.get(URL))["In this shell"]
    chosen = ana.get(URL, {"key": first})
    assert f"AWS_ACCESS_KEY_ID={first}\n" in lines(chosen)["In this shell"]
    assert f'<option value="{first}" selected>' in chosen.content.decode()


def test_disabled_keys_and_those_of_others_are_not_offered(ana, django_user_model):
    disabled = a_key()
    access_keys.disable(disabled, by=access.root())
    django_user_model.objects.create_user("zoe")
    zoes = access_keys.create("zoe", by=access.root())[0]

    for key_id in (disabled, zoes):
        answer = ana.get(URL, {"key": key_id})
        assert answer.context["keys"] == []
        assert key_id not in "".join(lines(answer).values())


@pytest.mark.parametrize(
    ("client_name", "label"),
    [("cli", "AWS CLI"), ("python", "Python (boto3)"), ("javascript", "JavaScript")],
)
def test_each_client_is_a_tab_with_its_own_address(ana, client_name, label):
    text = ana.get(URL, {"client": client_name}).content.decode()

    assert f'href="?client={client_name}" aria-current="page">{label}</a>' in text


def test_a_client_that_nobody_knows_is_the_first(ana):
    assert ana.get(URL, {"client": "telnet"}).context["client"].name == "cli"


def test_the_environment_leads_botocore_here(ana, monkeypatch):
    key_id = a_key()
    for line in lines(ana.get(URL))["In this shell"].splitlines():
        [name, value] = shlex.split(line.removeprefix("export "))[0].split("=", 1)
        monkeypatch.setenv(name, value)

    session = botocore.session.get_session()
    client = session.create_client("codepipeline")

    assert client.meta.endpoint_url == "http://penstock.example:8123"
    assert client.meta.region_name == "eu-central-1"
    credentials = session.get_credentials()
    assert (credentials.access_key, credentials.secret_key) == (key_id, "<secret access key>")


def test_the_profile_leads_botocore_here_for_this_service_alone(ana, monkeypatch, tmp_path):
    key_id, copied = a_key(), lines(ana.get(URL))
    (tmp_path / "config").write_text(copied["~/.aws/config"])
    (tmp_path / "credentials").write_text(copied["~/.aws/credentials"])
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "penstock")

    session = botocore.session.get_session()

    client = session.create_client("codepipeline")
    assert client.meta.endpoint_url == "http://penstock.example:8123"
    assert client.meta.region_name == "eu-central-1"
    assert session.get_credentials().access_key == key_id
    assert session.create_client("s3").meta.endpoint_url.endswith(".amazonaws.com")


def test_the_lines_for_python_run(ana, monkeypatch):
    a_key()
    program = lines(ana.get(URL, {"client": "python"}))["boto3"]
    asked = []

    def create(name, **options):
        asked.append((name, options["endpoint_url"], options["region_name"]))
        return Pipelines()

    monkeypatch.setattr("boto3.client", create)
    exec(compile(program, "page", "exec"), {"print": asked.append})  # noqa: S102

    assert asked == [
        ("codepipeline", "http://penstock.example:8123", "eu-central-1"),
        "website",
    ]


class Pipelines:
    """What the program on the page asks of a client."""

    def list_pipelines(self):
        return {"pipelines": [{"name": "website"}]}


@pytest.mark.parametrize("client_name", ["javascript", "terraform"])
def test_the_other_lines_name_endpoint_region_and_key(ana, client_name):
    key_id = a_key()

    text = "\n".join(lines(ana.get(URL, {"client": client_name})).values())

    for value in ('"http://penstock.example:8123"', '"eu-central-1"', f'"{key_id}"'):
        assert value in text


def test_what_is_copied_is_what_is_shown(ana):
    text = ana.get(URL, {"client": "terraform"}).content.decode()

    assert (
        text.count("endpoints {\n    codepipeline = &quot;http://penstock.example:8123&quot;") == 2
    )
