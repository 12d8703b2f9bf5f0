"""The list of build projects, and the pages that create, edit and delete them."""

import pytest
from django.contrib.auth.models import Group

from pipelines import projects
from pipelines.models import BuildProject
from pipelines.projects import Settings
from tests.engine_room import ALICE

URL = "/codesuite/codebuild/projects"
CREATE = "/codesuite/codebuild/project/new"
EDIT = f"{URL}/website/edit"
DELETE = f"{URL}/website/delete"
FILLED_IN = {
    "name": "website",
    "description": "Builds it",
    "buildspec": "version: 0.2\r\nphases: {build: {commands: [make]}}\r\n",
    "environment_variables": "A=1\r\n\r\nB= two = 2 \r\n",
    "timeout_minutes": "90",
    "image": "aws/codebuild/standard:7.0",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    said = Settings(description="<b>first</b>", environment_variables=(("A", "1"), ("B", "")))
    return projects.create("website", said, by=ALICE)


@pytest.fixture
def reader(client, django_user_model):
    """A client of somebody who may only look."""
    user = django_user_model.objects.create_user("bob")
    user.groups.add(Group.objects.get_or_create(name="read")[0])
    client.force_login(user)
    return client


def without_name():
    return {name: value for name, value in FILLED_IN.items() if name != "name"}


def test_without_projects_it_says_what_they_are_for(signed_in):
    text = signed_in.get(URL).content.decode()

    assert "There are no build projects to display" in text
    assert f'href="{CREATE}"' in text


def test_the_list_tells_of_each_project(signed_in, project):
    inline = Settings(buildspec=FILLED_IN["buildspec"].replace("\r", ""), timeout_minutes=90)
    projects.create("shop", inline, by=ALICE)
    BuildProject.objects.start_build("shop")

    answer = signed_in.get(URL)

    rows = [(row.name, row.buildspec, row.builds) for row in answer.context["rows"]]
    assert rows == [("shop", "In the project", 1), ("website", "buildspec.yml", 0)]
    text = answer.content.decode()
    assert "&lt;b&gt;first&lt;/b&gt;" in text
    assert f'href="{EDIT}"' in text
    assert 'aria-current="page">Build projects</a>' in text


def test_the_list_costs_the_same_however_many_there_are(
    signed_in, project, django_assert_num_queries
):
    for number in range(30):
        projects.create(f"other-{number}", Settings(), by=ALICE)

    with django_assert_num_queries(4):  # session, user, count, page
        signed_in.get(URL)


def test_a_long_list_has_pages(signed_in):
    for number in range(101):
        projects.create(f"project-{number:03}", Settings(), by=ALICE)

    first, second = signed_in.get(URL), signed_in.get(URL, {"page": "2"})

    assert first.context["next_url"] == "?page=2"
    assert [row.name for row in second.context["rows"]] == ["project-100"]
    assert second.context["previous_url"] == "?page=1"


def test_creating_keeps_what_was_typed_and_goes_back_with_a_word(signed_in):
    answer = signed_in.post(CREATE, FILLED_IN)

    assert (answer.status_code, answer.url) == (303, URL)
    made = BuildProject.objects.get()
    assert (made.name, made.description) == ("website", "Builds it")
    assert made.buildspec == FILLED_IN["buildspec"].replace("\r", "")
    assert list(made.environment.items()) == [("A", "1"), ("B", " two = 2 ")]
    assert (made.timeout_minutes, made.image) == (90, "aws/codebuild/standard:7.0")
    assert made.updated_by == ALICE.arn
    assert "Build project website is created." in signed_in.get(URL).content.decode()


def test_a_path_is_kept_without_what_is_around_it(signed_in):
    signed_in.post(CREATE, {**FILLED_IN, "buildspec": " ci/build.yml\r\n"})

    assert BuildProject.objects.get().buildspec == "ci/build.yml"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": "a b"}, "Invalid project name"),
        ({"buildspec": "version: 0.2\nphases: {bild: {}}"}, "bild is not a key that is known here"),
        ({"buildspec": "../x"}, "the path has to be one inside the source"),
        ({"environment_variables": "A"}, "“A” is not of the form NAME=value."),
        ({"environment_variables": "A-B=1"}, "cannot be a name"),
        ({"environment_variables": "A=1\nA=2"}, "A is there twice"),
        ({"timeout_minutes": "4"}, "greater than or equal to 5"),
        ({"timeout_minutes": ""}, "This field is required"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_is_told_in_the_form_and_nothing_typed_is_lost(signed_in, typed, sentence):
    answer = signed_in.post(CREATE, {**FILLED_IN, **typed})

    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not BuildProject.objects.exists()
    for name, value in {**FILLED_IN, **typed}.items():
        assert answer.context["form"][name].value() == value


def test_a_name_that_is_taken_is_a_conflict(signed_in, project):
    answer = signed_in.post(CREATE, FILLED_IN)

    assert answer.status_code == 409
    assert "Project already exists: arn:aws:codebuild:" in answer.content.decode()


def test_editing_begins_with_what_is_there(signed_in, project):
    form = signed_in.get(EDIT).context["form"]

    assert "name" not in form.fields
    assert form["description"].value() == "<b>first</b>"
    assert form["environment_variables"].value() == "A=1\nB="
    assert form["timeout_minutes"].value() == 60


def test_editing_changes_everything_but_the_name(signed_in, project):
    answer = signed_in.post(EDIT, {**without_name(), "name": "another"})

    assert (answer.status_code, answer.url) == (303, URL)
    changed = BuildProject.objects.get()
    assert (changed.name, changed.description) == ("website", "Builds it")
    assert changed.timeout_minutes == 90


def test_saving_without_a_change_changes_nothing(signed_in, project):
    form = signed_in.get(EDIT).context["form"]
    signed_in.post(EDIT, {name: form[name].value() for name in form.fields})

    again = BuildProject.objects.get()
    assert (again.description, again.environment) == ("<b>first</b>", {"A": "1", "B": ""})


def test_deleting_is_asked_about_first(signed_in, project):
    page = signed_in.get(DELETE)
    dialog = signed_in.get(DELETE, headers={"HX-Request": "true"})

    assert '<h1 id="dialog-title">Delete build project</h1>' in page.content.decode()
    assert "<!doctype" not in dialog.content.decode()
    assert BuildProject.objects.exists()

    answer = signed_in.post(DELETE)

    assert (answer.status_code, answer.url) == (303, URL)
    assert not BuildProject.objects.exists()


@pytest.mark.parametrize("url", [EDIT, DELETE, f"{URL}/%00/edit"])
def test_a_project_that_does_not_exist_is_not_found(signed_in, url):
    assert signed_in.get(url).status_code == 404


def test_who_may_only_look_sees_the_list_and_changes_nothing(reader, project):
    assert reader.get(URL).status_code == 200

    for url, typed in (
        (CREATE, {**FILLED_IN, "name": "shop"}),
        (EDIT, without_name()),
        (DELETE, {}),
    ):
        answer = reader.post(url, typed)
        assert answer.status_code == 403
        assert "is not authorized to perform: codebuild:" in answer.content.decode()

    assert list(BuildProject.objects.values_list("description")) == [("<b>first</b>",)]


def test_who_may_nothing_does_not_even_see_the_list(client, django_user_model, project):
    client.force_login(django_user_model.objects.create_user("eve"))

    assert client.get(URL).status_code == 403
