"""Instances and deployment groups: who registers them, and what may be said of them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from pipelines import deployment_groups, instances, places
from pipelines.core.refusals import AccessDenied, InvalidRequest, NameInUse, ResourceNotFound
from pipelines.core.rights import Caller, Role
from pipelines.models import DeploymentGroup, Instance
from pipelines.runner import targets
from tests.engine_room import ALICE

pytestmark = pytest.mark.django_db
EDITOR = Caller(arn="arn:aws:iam::123456789012:user/ed", roles=frozenset({Role.EDIT}))
READER = Caller(arn="arn:aws:iam::123456789012:user/bob", roles=frozenset({Role.READ}))


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path / "home"
    settings.PENSTOCK_HOME.mkdir()
    return settings.PENSTOCK_HOME


def said(**settings):
    return instances.Settings(**settings)


def test_an_instance_has_a_folder_of_its_own_when_none_is_named(home):
    made = instances.create("web-1", said(tags=(("Name", "web"), ("A", ""))), by=ALICE)

    assert made.folder == str(home / "instances/web-1")
    assert (home / "instances/web-1").is_dir()
    assert made.tags == [{"key": "A", "value": ""}, {"key": "Name", "value": "web"}]
    assert made.updated_by == ALICE.arn


def test_it_can_be_changed_and_deregistered(tmp_path, home):
    instances.create("web-1", said(), by=ALICE)
    (home / "instances/web-1/kept").touch()
    instances.update("web-1", said(folder="/srv", ssh_host="deploy@web-1.example"), by=ALICE)

    assert instances.find("web-1").ssh_host == "deploy@web-1.example"

    instances.delete("web-1", by=ALICE)
    assert not Instance.objects.exists()
    assert (home / "instances/web-1/kept").exists()


def test_a_name_is_there_once():
    instances.create("web-1", said(), by=ALICE)

    with pytest.raises(NameInUse, match="The instance 'web-1' exists already"):
        instances.create("web-1", said(), by=ALICE)


@pytest.mark.parametrize("name", ["", "-a", "a/b", "../a", "a b", "a\0", "x" * 101, "é"])
def test_a_name_has_its_form(name):
    with pytest.raises(InvalidRequest, match="Invalid name of the instance"):
        instances.create(name, said(), by=ALICE)
    with pytest.raises(ResourceNotFound):
        instances.find(name)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"folder": "relative"}, "has to be the absolute path of a directory that exists"),
        ({"folder": "/no/such/folder"}, "has to be the absolute path of a directory that exists"),
        ({"folder": "/a\0"}, "must not contain a null character"),
        ({"folder": "/"}, "holds what Penstock itself needs"),
        ({"ssh_host": "-oProxyCommand=x"}, "is not of the form host or user@host"),
        ({"ssh_host": "a b"}, "is not of the form host"),
        ({"ssh_host": "a;b"}, "is not of the form host"),
        ({"ssh_host": "web", "folder": "srv"}, "has to be an absolute path on the host"),
        ({"ssh_host": "web", "folder": "/a/../b"}, "has to be an absolute path on the host"),
        ({"tags": (("", "x"),)}, "a tag has no key"),
        ({"tags": (("a", "x"), ("a", "y"))}, "a key is there twice"),
        ({"tags": (("a" * 129, "x"),)}, "at most 128 characters"),
        ({"tags": tuple((str(n), "") for n in range(11))}, "at most 10 are allowed"),
    ],
)
def test_what_cannot_be_is_refused(given, expected):
    with pytest.raises(InvalidRequest, match=expected):
        instances.create("web-1", said(**given), by=ALICE)
    assert not Instance.objects.exists()


def test_deployments_may_not_write_where_penstock_keeps_its_own_things(tmp_path, home):
    places.artifacts().mkdir()
    (tmp_path / "link").symlink_to(places.artifacts())
    for folder in (home, places.artifacts(), tmp_path, tmp_path / "link"):
        with pytest.raises(InvalidRequest, match="what Penstock itself needs, or is inside it"):
            instances.create("web-1", said(folder=str(folder)), by=ALICE)

    (tmp_path / "beside").mkdir()
    instances.create("web-1", said(folder=str(tmp_path / "beside")), by=ALICE)


def test_only_admins_register_instances_and_editors_make_groups():
    with pytest.raises(AccessDenied, match="codedeploy:RegisterOnPremisesInstance"):
        instances.create("web-1", said(), by=EDITOR)
    instances.create("web-1", said(), by=ALICE)
    for forbidden in (
        lambda: instances.update("web-1", said(), by=EDITOR),
        lambda: instances.delete("web-1", by=EDITOR),
        lambda: deployment_groups.create("a/b", group(), by=READER),
    ):
        with pytest.raises(AccessDenied):
            forbidden()
    assert [each.name for each in instances.listed(by=READER)] == ["web-1"]
    deployment_groups.create("a/b", group(), by=EDITOR)


def group(**settings):
    return deployment_groups.Settings(**{"tag_key": "Name", **settings})


@pytest.mark.parametrize("name", ["", "a", "a/", "/a", "a/b/c", "a/b\0", "a/" + "x" * 101])
def test_a_group_is_named_with_its_application(name):
    with pytest.raises(InvalidRequest, match="with a slash between"):
        deployment_groups.create(name, group(), by=ALICE)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"tag_key": ""}, "the key of the tag"),
        ({"config": "Canary"}, "'Canary' is none of CodeDeployDefault.OneAtATime"),
        ({"tag_value": "\0"}, "must not contain a null character"),
    ],
)
def test_what_cannot_be_of_a_group_is_refused(given, expected):
    with pytest.raises(InvalidRequest, match=expected):
        deployment_groups.create("shop/web", group(**given), by=ALICE)


def test_actions_find_instances_by_tag_and_groups_by_name():
    instances.create("b", said(tags=(("Name", "web"),)), by=ALICE)
    instances.create("a", said(tags=(("Name", "web"),), ssh_host="a.example"), by=ALICE)
    instances.create("c", said(tags=(("Name", "db"),)), by=ALICE)
    deployment_groups.create("shop/web", group(tag_value="web"), by=ALICE)

    assert [each.name for each in targets.tagged("Name", "web")] == ["a", "b"]
    assert [each.name for each in targets.tagged("Name", "")] == ["a", "b", "c"]
    assert targets.tagged("Role", "") == ()
    found = targets.deployment_group("shop", "web")
    assert found
    assert [each.ssh_host for each in found.instances] == ["a.example", ""]
    assert targets.deployment_group("shop", "db") is None
    assert targets.deployment_group("shop/web", "") is None


# On the command line


def told(*arguments):
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_the_command_line_does_the_same(home):
    assert told("instances", "create", "web-1", "--tag", "Name=web") == (
        "The instance web-1 is registered.\n"
    )
    told("instances", "update", "web-1", "--ssh-host", "ana@web", "--tag", "Name=shop")
    assert told("instances", "list") == "web-1  ana@web:/  Name=shop\n"
    told("deployment_groups", "create", "shop/web", "--tag-key", "Name")
    config = "CodeDeployDefault.AllAtOnce"
    told("deployment_groups", "update", "shop/web", "--tag-key", "Role", "--config", config)
    assert told("deployment_groups", "list") == f"shop/web  Role=*  {config}\n"
    told("instances", "delete", "web-1")
    told("deployment_groups", "delete", "shop/web")
    assert not Instance.objects.exists()
    assert not DeploymentGroup.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["instances", "create", "../x"], "Invalid name of the instance"),
        (["instances", "delete", "x"], "There is no instance named 'x'."),
        (["instances", "create", "x", "--tag", "Name"], "is not of the form KEY=VALUE"),
    ],
)
def test_a_refusal_is_told_there(arguments, expected):
    with pytest.raises(CommandError, match=expected):
        told(*arguments)
