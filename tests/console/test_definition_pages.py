"""The pages that create, edit and delete a pipeline."""

import json

import pytest
from django.contrib.auth.models import Group

from console.present import pipeline_templates
from pipelines import connections, definitions
from pipelines.core.action_types import ActionTypeId, Category
from pipelines.models import Pipeline
from pipelines.secrets import secrets_of
from tests.definitions import action, commands, definition, source, stage
from tests.engine_room import ALICE

LIST = "/codesuite/codepipeline/pipelines"
CREATE = "/codesuite/codepipeline/pipeline/new"
VIEW, EDIT, DELETE = (f"{LIST}/website/{page}" for page in ("view", "edit", "delete"))
GITHUB = ActionTypeId(Category.SOURCE, "ThirdParty", "GitHub", "1")
POLL = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client, django_user_model):
    """A client of somebody who may only look."""
    user = django_user_model.objects.create_user("bob")
    user.groups.add(Group.objects.get_or_create(name="read")[0])
    client.force_login(user)
    return client


def website(**members):
    stages = [stage("Source", source()), stage("Build", commands("Compile"))]
    return definition(stages=stages, **members)


def posted(client, url, value, **fields):
    text = value if isinstance(value, str) else json.dumps(value)
    return client.post(url, {"definition": text, **fields})


def problems(answer):
    return answer.context["form"].problems


def edited(client, change):
    """Save the text of the page with a change in it."""
    form = client.get(EDIT).context["form"]
    text = form["definition"].value()
    return posted(client, EDIT, change(text), version=form["version"].value())


# Create pipeline.


def test_the_list_offers_it_at_the_top_and_where_it_is_empty(signed_in):
    text = signed_in.get(LIST).content.decode()

    assert text.count(f'href="{CREATE}">Create pipeline</a>') == 2


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_pipeline_is_created_and_its_page_says_so(signed_in, wrapped):
    answer = posted(signed_in, CREATE, {"pipeline": website()} if wrapped else website())

    assert (answer.status_code, answer.url) == (303, VIEW)
    assert Pipeline.objects.get().executions.get().trigger_type == "CreatePipeline"
    said = "Congratulations! The pipeline website has been created."
    assert said in signed_in.get(VIEW).content.decode()


def test_tags_are_created_with_it(signed_in):
    posted(signed_in, CREATE, {"pipeline": website(), "tags": [{"key": "team", "value": "web"}]})

    assert Pipeline.objects.get().tags == {"team": "web"}


@pytest.mark.parametrize("template", pipeline_templates.TEMPLATES)
def test_every_template_is_a_pipeline_that_may_be_created(signed_in, settings, template):
    page = signed_in.get(CREATE, {"template": template})
    text = page.context["form"]["definition"].value()
    arn = (
        f"arn:aws:codeconnections:us-east-1:{settings.PENSTOCK_ACCOUNT_ID}"
        ":connection/00000000-0000-0000-0000-000000000000"
    )
    connections.create(
        connections.Settings(name="work", base_url="https://git.example.com"), by=ALICE, arn=arn
    )

    answer = posted(signed_in, f"{CREATE}?template={template}", text)

    assert 'aria-current="true"' in page.content.decode()
    assert answer.status_code == 303
    assert Pipeline.objects.get().name == f"my-{template}-pipeline"


@pytest.mark.parametrize("query", [{}, {"template": "nothing-known"}])
def test_without_a_template_the_text_is_empty(signed_in, query):
    page = signed_in.get(CREATE, query)

    assert page.context["form"]["definition"].value() == ""


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", ["This field is required."]),
        ("{", ["The text is not JSON: Expecting property name enclosed in double quotes"]),
        ('{"name": "a", "name": "b"}', ["The text names a member twice."]),
        ("[" * 5000, ["The text is nested deeper than 64 levels."]),
        ("[1]", ["Start of list found where not expected"]),
        ('{"pipeline": "website"}', ["Expected structure or null at 'pipeline'"]),
        (
            {"name": "a b", "stages": [], "x": 1},
            [
                "Value 'a b' at 'pipeline.name' failed to satisfy constraint",
                "Value null at 'pipeline.roleArn' failed to satisfy constraint",
                'Unknown parameter in pipeline: "x", must be one of',
            ],
        ),
        ({**website(), "stagse": []}, ['Unknown parameter in pipeline: "stagse", must be one of']),
        ({"pipeline": website(), "metadata": {}}, ['Unknown parameter in input: "metadata"']),
    ],
)
def test_what_is_wrong_is_said_beside_the_text_which_stays(signed_in, typed, said):
    answer = posted(signed_in, CREATE, typed)

    assert answer.status_code == 400
    found = problems(answer)
    assert len(found) >= len(said)
    for sentence in said:
        assert any(sentence in problem for problem in found), found
    text = answer.content.decode()
    assert text.count('<li class="cs-field__error">') == len(found)
    assert answer.context["form"]["definition"].value() == (
        typed if isinstance(typed, str) else json.dumps(typed)
    )
    assert not Pipeline.objects.exists()


def test_a_rule_that_is_broken_is_said_there_too(signed_in):
    answer = posted(signed_in, CREATE, definition(stages=[stage("Source", source())]))

    assert answer.status_code == 409
    assert problems(answer) == [
        "Pipeline has only 1 stage(s). There should be a minimum of 2 stages in a pipeline"
    ]
    assert not Pipeline.objects.exists()


def test_a_name_that_is_taken_is_a_conflict(signed_in, engine_room):
    engine_room.create(**website())

    answer = posted(signed_in, CREATE, website())

    assert answer.status_code == 409
    assert problems(answer) == [
        "A pipeline with the name 'website' already exists in account '123456789012'"
    ]


# Edit.


def test_the_pipelines_page_leads_to_editing_what_is_there(signed_in, engine_room):
    engine_room.create(**website())

    form = signed_in.get(EDIT).context["form"]

    assert f'href="{EDIT}">Edit</a>' in signed_in.get(VIEW).content.decode()
    shown = json.loads(form["definition"].value())
    assert shown == {"pipeline": definitions.current(Pipeline.objects.get())}
    assert list(shown["pipeline"])[:3] == ["name", "roleArn", "artifactStore"]


def test_saving_makes_the_next_version(signed_in, engine_room):
    engine_room.create(**website())

    answer = edited(signed_in, lambda text: text.replace('"Compile"', '"Make"'))

    assert (answer.status_code, answer.url) == (303, VIEW)
    pipeline = Pipeline.objects.get()
    assert pipeline.version == 2
    assert definitions.current(pipeline)["stages"][1]["actions"][0]["name"] == "Make"
    assert "Pipeline website was saved successfully." in signed_in.get(VIEW).content.decode()


def test_a_secret_that_is_left_masked_stays(signed_in, engine_room):
    hook = action(
        "Fetch",
        GITHUB,
        outputs=["Code"],
        configuration={"Owner": "o", "Repo": "r", "Branch": "main", "OAuthToken": "ghp-secret"},
    )
    engine_room.create(stages=[stage("Source", hook), stage("Build", commands())])

    text = signed_in.get(EDIT).content.decode()
    answer = edited(signed_in, lambda text: text.replace('"main"', '"next"'))

    assert "ghp-secret" not in text
    assert "****" in text
    assert answer.status_code == 303
    row = Pipeline.objects.get().versions.get(version=2)
    assert secrets_of(row) == {"Source": {"Fetch": {"OAuthToken": "ghp-secret"}}}


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(signed_in, engine_room):
    engine_room.create(**website())
    page = signed_in.get(EDIT).context["form"]
    definitions.update(website(), by=ALICE)
    mine = page["definition"].value().replace('"Compile"', '"Mine"')

    answer = posted(signed_in, EDIT, mine, version=page["version"].value())

    assert answer.status_code == 409
    (said,) = problems(answer)
    assert "it has version 2 now, and this is an edit of version 1. Nothing was changed." in said
    assert answer.context["form"]["definition"].value() == mine
    assert Pipeline.objects.get().version == 2


@pytest.mark.parametrize(
    ("value", "version", "said"),
    [
        (website(name="other"), "1", "The name of a pipeline cannot be changed"),
        (website(), "", "This field is required."),
        ({"pipeline": website(), "tags": []}, "1", 'Unknown parameter in input: "tags"'),
        ({}, "1", "Value null at 'pipeline.name'"),
    ],
)
def test_what_cannot_be_saved_is_said(signed_in, engine_room, value, version, said):
    engine_room.create(**website())

    answer = posted(signed_in, EDIT, value, version=version)

    assert answer.status_code == 400
    assert any(said in problem for problem in problems(answer))
    assert Pipeline.objects.get().version == 1


@pytest.mark.parametrize(("mode", "is_warned"), [("QUEUED", True), ("PARALLEL", False)])
def test_it_says_what_becomes_of_running_executions(signed_in, engine_room, mode, is_warned):
    engine_room.create(**website(execution_mode=mode, pipeline_type="V2"))

    text = signed_in.get(EDIT).content.decode()

    assert ("executions of the present one end as Cancelled" in text) is is_warned


# Delete.


def test_deleting_asks_for_the_word_and_takes_no_other(signed_in, engine_room):
    engine_room.create(**website())
    dialog = signed_in.get(DELETE, headers=POLL).content.decode()

    answer = signed_in.post(DELETE, {"confirmation": "Delete it"})

    assert "To confirm deletion, type delete in the field" in dialog
    assert "Their running actions are ended." in dialog
    assert answer.status_code == 400
    assert "Type delete to delete the pipeline." in answer.content.decode()
    assert Pipeline.objects.exists()


def test_who_types_it_is_back_at_the_list_without_the_pipeline(signed_in, engine_room):
    engine_room.create(**website())

    answer = signed_in.post(f"{DELETE}?next={EDIT}", {"confirmation": "delete"})

    assert (answer.status_code, answer.url) == (303, LIST)
    assert not Pipeline.objects.exists()
    assert "The pipeline website has been deleted." in signed_in.get(LIST).content.decode()


@pytest.mark.parametrize("url", [EDIT, DELETE])
def test_a_pipeline_that_does_not_exist_is_not_found(signed_in, url):
    assert signed_in.get(url).status_code == 404


# Rights.


def test_who_may_only_look_is_offered_nothing_and_changes_nothing(reader, engine_room):
    engine_room.create(**website())

    assert CREATE not in reader.get(LIST).content.decode()
    assert EDIT not in reader.get(VIEW).content.decode()
    for url in (CREATE, EDIT, DELETE):
        page = reader.get(url)
        assert page.status_code == 403
        assert "You need the role “edit” for this." in page.content.decode()
    for url, fields in (
        (CREATE, {"definition": json.dumps(website(name="other"))}),
        (EDIT, {"definition": json.dumps(website()), "version": "1"}),
        (DELETE, {"confirmation": "delete"}),
    ):
        answer = reader.post(url, fields)
        assert answer.status_code == 403
        assert "is not authorized to perform: codepipeline:" in answer.content.decode()

    assert Pipeline.objects.get().version == 1
