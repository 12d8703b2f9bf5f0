"""Build projects, on real rows."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from pipelines import projects
from pipelines.core.refusals import (
    AccessDenied,
    BuildProjectNameInUse,
    BuildProjectNotFound,
    InvalidRequest,
)
from pipelines.core.rights import Caller, Role
from pipelines.models import BuildProject
from pipelines.projects import Settings
from tests.engine_room import ALICE

INLINE = "version: 0.2\nphases: {build: {commands: [make]}}\n"
READER = Caller(arn="arn:aws:iam::123456789012:user/bob", roles=frozenset({Role.READ}))
EDITOR = Caller(arn="arn:aws:iam::123456789012:user/eve", roles=frozenset({Role.EDIT}))

pytestmark = pytest.mark.django_db


def test_a_project_is_kept_as_it_was_said():
    said = Settings(
        description="Builds the website 🌊",
        buildspec=INLINE,
        environment_variables=(("B", "2"), ("A", "")),
        image="aws/codebuild/standard:7.0",
        timeout_minutes=90,
    )

    projects.create("website", said, by=EDITOR)

    project = projects.find("website")
    assert (project.description, project.buildspec) == (said.description, INLINE)
    assert (project.image, project.timeout_minutes, project.builds) == (said.image, 90, 0)
    assert list(project.environment.items()) == [("B", "2"), ("A", "")]
    assert project.updated_by == EDITOR.arn


def test_what_is_not_said_is_as_in_aws():
    project = projects.create("website", Settings(), by=ALICE)

    assert (project.buildspec, project.timeout_minutes, project.environment) == ("", 60, {})


def test_a_name_is_given_only_once():
    projects.create("website", Settings(description="first"), by=ALICE)

    with pytest.raises(BuildProjectNameInUse, match=r"Project already exists: arn:aws:codebuild:"):
        projects.create("website", Settings(), by=ALICE)

    assert projects.find("website").description == "first"


def test_updating_replaces_all_but_the_name_and_the_count():
    projects.create("website", Settings(description="first", timeout_minutes=90), by=ALICE)
    BuildProject.objects.start_build("website")

    projects.update("website", Settings(description="second"), by=EDITOR)

    project = projects.find("website")
    assert (project.description, project.timeout_minutes) == ("second", 60)
    assert (project.builds, project.updated_by) == (1, EDITOR.arn)
    assert project.updated_at > project.created_at


def test_deleting_leaves_the_others():
    for name in ("website", "shop"):
        projects.create(name, Settings(), by=ALICE)

    projects.delete("website", by=EDITOR)

    assert [project.name for project in projects.listed(by=READER)] == ["shop"]


@pytest.mark.parametrize(
    "act",
    [
        lambda: projects.update("nowhere", Settings(), by=ALICE),
        lambda: projects.delete("nowhere", by=ALICE),
        lambda: projects.find("nowhere"),
        lambda: projects.find("no\0where"),
    ],
    ids=["update", "delete", "find", "find what cannot be a name"],
)
def test_what_does_not_exist_is_named(act):
    with pytest.raises(BuildProjectNotFound, match=r"Project cannot be found: arn:aws:codebuild:"):
        act()


@pytest.mark.parametrize(
    "act",
    [
        lambda: projects.create("shop", Settings(), by=READER),
        lambda: projects.update("website", Settings(), by=READER),
        lambda: projects.delete("website", by=READER),
        lambda: projects.listed(by=Caller(arn="arn:aws:iam::1:user/x", roles=frozenset())),
    ],
    ids=["create", "update", "delete", "list"],
)
def test_who_may_not_changes_nothing(act):
    projects.create("website", Settings(description="first"), by=ALICE)

    with pytest.raises(AccessDenied, match="codebuild:"):
        act()

    assert list(BuildProject.objects.values_list("name", "description")) == [("website", "first")]


@pytest.mark.parametrize(
    "name", ["", "a", "-ab", "a b", "a" * 151, "ab\n", "wébsite", "a/b", "..", "a\0b", "\ud800a"]
)
def test_a_name_that_aws_refuses_is_refused(name):
    with pytest.raises(InvalidRequest, match="Invalid project name"):
        projects.create(name, Settings(), by=ALICE)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (Settings(description="x" * 256), "Invalid description: at most 255 characters"),
        (Settings(description="a\0b"), "Invalid description: it has characters that are no text"),
        (Settings(image="\ud800"), "Invalid environment image"),
        (Settings(buildspec="x" * 65_537), "Invalid buildspec: at most 65536 characters"),
        (Settings(buildspec="version: 0.1\nphases: {}"), "Invalid buildspec: version: '0.1' is"),
        (Settings(buildspec="/etc/passwd"), "the path has to be one inside the source"),
        (Settings(buildspec="a/../../b"), "the path has to be one inside the source"),
        (Settings(buildspec="arn:aws:s3:::b/buildspec.yml"), "in an S3 bucket cannot be used"),
        (Settings(timeout_minutes=4), "Invalid timeout: 4 minutes. From 5 to 2160 are allowed."),
        (Settings(timeout_minutes=2161), "Invalid timeout: 2161 minutes"),
        (Settings(environment_variables=(("A-B", ""),)), "'A-B' cannot be a name"),
        (Settings(environment_variables=(("A", "1"), ("A", "2"))), "A is there twice"),
        (Settings(environment_variables=(("A", "1\n2"),)), "A has more than one line"),
        (Settings(environment_variables=(("A", "\0"),)), "environment variable A: it has char"),
        (Settings(environment_variables=(("A", "x" * 32_769),)), "variable A: at most 32768"),
        (
            Settings(environment_variables=tuple((f"A{n}", "") for n in range(101))),
            "Invalid environment variables: at most 100 are allowed.",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_refused_and_nothing_is_stored(said, sentence):
    projects.create("website", Settings(description="first"), by=ALICE)

    for act in (projects.create, projects.update):
        with pytest.raises(InvalidRequest) as refused:
            act("website", said, by=ALICE)
        assert sentence in refused.value.message

    assert projects.find("website").description == "first"


def test_builds_are_counted_from_one():
    projects.create("website", Settings(), by=ALICE)

    counted = [BuildProject.objects.start_build("website") for _ in range(3)]

    assert [project.builds for project in counted if project] == [1, 2, 3]
    assert BuildProject.objects.start_build("nowhere") is None


@pytest.mark.django_db(transaction=True)
def test_two_builds_at_once_have_two_numbers():

    projects.create("website", Settings(), by=ALICE)

    def build(_):
        try:
            project = BuildProject.objects.start_build("website")
            return project.builds if project else 0
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(build, range(12)))

    assert sorted(numbers) == list(range(1, 13))
