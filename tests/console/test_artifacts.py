"""Artifacts in the console: what there is, how large, and taking it away."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.template.defaultfilters import filesizeformat

from pipelines import artifact_store, places
from pipelines.core.rights import Role
from tests.definitions import commands, source, stage
from tests.engine_room import uuid_of_nothing
from tests.providers.work import make_artifact

PIPELINE = "/codesuite/codepipeline/pipelines/website"
CODE, BUILT = "website/Code/abcdefg", "website/Built/hijklmn"


@pytest.fixture
def execution(engine_room, settings, tmp_path):
    """Fetch has made Code, which is in the store; Compile has made Built, which is not any more."""
    settings.PENSTOCK_HOME = tmp_path / "home"
    build = commands("Compile", output_artifacts=[{"name": "Built", "files": ["**/*"]}])
    execution = engine_room.create(stages=[stage("Source", source()), stage("Build", build)])
    artifact_store.configured().keep(CODE, make_artifact(tmp_path, {"page.txt": "x" * 3000}))
    engine_room.succeed("Fetch", artifacts={"Code": CODE})
    engine_room.settle()
    engine_room.succeed("Compile", artifacts={"Built": BUILT})
    engine_room.settle()
    return execution


def url_of(execution, action_name, artifact):
    action = execution.action_executions.get(action_name=action_name)
    return f"{PIPELINE}/executions/{execution.pk}/actions/{action.pk}/artifacts/{artifact}"


def content_of(answer):
    return b"".join(answer.streaming_content)


def kept(tmp_path):
    return Path(artifact_store.configured().fetch(CODE, tmp_path / "x")).read_bytes()


@pytest.mark.parametrize("action_name", ["Fetch", "Compile"])
def test_an_artifact_is_taken_away_by_who_made_it_and_who_uses_it(
    signed_in, execution, tmp_path, action_name
):
    answer = signed_in.get(url_of(execution, action_name, "Code"))

    assert answer.status_code == 200
    assert content_of(answer) == kept(tmp_path)
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Length"] == str(len(kept(tmp_path)))
    name = f"website-Code-{str(execution.pk)[:8]}.zip"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"


def test_it_is_streamed(signed_in, execution):
    answer = signed_in.get(url_of(execution, "Fetch", "Code"))

    assert answer.streaming
    assert content_of(answer)


@pytest.mark.parametrize(
    ("action_name", "artifact"), [("Compile", "Built"), ("Fetch", "Built"), ("Fetch", "../x")]
)
def test_what_is_not_kept_or_not_of_the_action_is_not_found(
    signed_in, execution, action_name, artifact
):
    assert signed_in.get(url_of(execution, action_name, artifact)).status_code == 404


def test_another_execution_has_it_not(signed_in, engine_room, execution):
    other = engine_room.start()
    address = url_of(execution, "Fetch", "Code")

    for instead in (other.pk, uuid_of_nothing()):
        wrong = address.replace(str(execution.pk), str(instead))
        assert signed_in.get(wrong).status_code == 404


def test_a_store_that_cannot_be_reached_says_so(signed_in, execution):
    folder = places.artifacts() / "website" / "Code"
    (folder / "abcdefg").unlink()
    folder.rmdir()
    folder.symlink_to(folder)  # nobody can look through that

    answer = signed_in.get(url_of(execution, "Fetch", "Code"))

    assert answer.status_code == 503
    assert "cannot be read" in answer.content.decode()


def test_who_has_no_role_gets_none(client, django_user_model, execution):
    user = django_user_model.objects.create_user("mateo")
    client.force_login(user)
    assert client.get(url_of(execution, "Fetch", "Code")).status_code == 403

    user.groups.set([Group.objects.create(name=Role.READ)])
    assert client.get(url_of(execution, "Fetch", "Code")).status_code == 200


def test_the_action_page_has_sizes_and_a_download_of_what_is_kept(signed_in, execution, tmp_path):
    action = execution.action_executions.get(action_name="Compile")
    page = f"{PIPELINE}/executions/{execution.pk}/actions/{action.pk}"

    html = signed_in.get(page).content.decode()

    assert f'href="{page}/artifacts/Code" download' in html
    assert f'href="{page}/artifacts/Built"' not in html
    assert f'data-label="Size">{filesizeformat(len(kept(tmp_path)))}<' in html


def test_the_execution_page_lists_what_was_made(signed_in, execution):
    html = signed_in.get(f"{PIPELINE}/executions/{execution.pk}/artifacts").content.decode()

    assert f'href="{url_of(execution, "Fetch", "Code")}" download' in html
    assert "not kept any more" in html
    assert CODE in html


def test_without_any_it_says_so(signed_in, engine_room):
    execution = engine_room.create(
        stages=[stage("Source", source()), stage("Build", commands("Compile"))]
    )

    html = signed_in.get(f"{PIPELINE}/executions/{execution.pk}/artifacts").content.decode()

    assert "No artifacts" in html
