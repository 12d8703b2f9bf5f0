"""CodeDeploy: the whole lifecycle of a deployment, again and again on the same instances."""

import re

import pytest

from pipelines.core.statuses import FailureCode
from pipelines.providers import deploy_codedeploy
from pipelines.providers.contract import Failed, Succeeded
from tests.providers.fleet import Fleet
from tests.providers.work import log_of

GROUP = {"ApplicationName": "shop", "DeploymentGroupName": "web"}
EVENTS = (
    *("ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall"),
    *("ApplicationStart", "ValidateService"),
)
APPSPEC = """\
version: 0.0
os: linux
files:
  - source: /site
    destination: /var/www
permissions:
  - object: /var/www
    pattern: "*.cgi"
    mode: 755
hooks:
  ApplicationStop:  [{location: scripts/say.sh, timeout: 60, runas: root}]
  BeforeInstall:    [{location: scripts/say.sh}]
  AfterInstall:     [{location: scripts/say.sh}]
  ApplicationStart: [{location: scripts/say.sh}]
  ValidateService:  [{location: scripts/say.sh}]
"""
SAY = """\
#!/bin/sh
echo "said: $LIFECYCLE_EVENT $(cat version) $APPLICATION_NAME/$DEPLOYMENT_GROUP_NAME"
"""


def files(version="1", **changes):
    return {
        "appspec.yml": APPSPEC,
        "version": version,
        "site/index.html": f"<p>{version}",
        "site/run.cgi": "x",
        "scripts/say.sh": SAY,
        **{name.replace("__", "/"): text for name, text in changes.items()},
    }


def deploy(fleet, artifact, **changes):
    work = fleet.work(artifact, GROUP, **changes)
    return work, deploy_codedeploy.perform(work)


def succeeded(work, outcome) -> Succeeded:
    assert isinstance(outcome, Succeeded), (outcome, log_of(work))
    return outcome


def failed(outcome) -> Failed:
    assert isinstance(outcome, Failed), outcome
    return outcome


def said(work):
    return re.findall(r"^said: (.*) shop/web$", log_of(work), flags=re.MULTILINE)


def test_every_event_has_its_turn(tmp_path):
    fleet = Fleet(tmp_path, "one")
    work, outcome = deploy(fleet, files())

    assert succeeded(work, outcome).summary == "Deployment Succeeded"
    assert re.fullmatch(r"d-[0-9A-F]{9}", outcome.external_execution_id)
    assert said(work) == [
        "BeforeInstall 1",
        "AfterInstall 1",
        "ApplicationStart 1",
        "ValidateService 1",
    ]
    assert fleet.files("one") == {"/var/www/index.html": "<p>1", "/var/www/run.cgi": "x"}
    assert (tmp_path / "instances/one/var/www/run.cgi").stat().st_mode & 0o777 == 0o755
    [target] = fleet.reports[-1]
    assert (target.type, str(target.status)) == ("InstanceTarget", "Succeeded")
    assert [each.name for each in target.events] == list(EVENTS)
    assert "No effect here: runas root" in log_of(work)


def test_the_next_deployment_stops_the_one_before_and_replaces_its_files(tmp_path):
    fleet = Fleet(tmp_path, "one")
    succeeded(*deploy(fleet, files("1", site__old="old")))
    work, outcome = deploy(fleet, files("2"))

    succeeded(work, outcome)
    assert said(work)[:2] == ["ApplicationStop 1", "BeforeInstall 2"]
    assert fleet.files("one") == {"/var/www/index.html": "<p>2", "/var/www/run.cgi": "x"}


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path):
    fleet = Fleet(tmp_path, "one")
    mine = tmp_path / "instances/one/var/www/index.html"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")

    _, outcome = deploy(fleet, files())

    assert failed(outcome).code is FailureCode.JOB_FAILED
    assert (
        "one: Install: The deployment failed because a specified file already exists at this"
        " location: /var/www/index.html" in failed(outcome).message
    )
    assert fleet.files("one") == {"/var/www/index.html": "mine"}
    statuses = fleet.statuses()
    assert [statuses[f"one {event}"] for event in EVENTS] == [
        *["Succeeded"] * 3,
        "Failed",
        *["Skipped"] * 3,
    ]


@pytest.mark.parametrize(("behavior", "expected"), [("OVERWRITE", "<p>1"), ("RETAIN", "mine")])
def test_what_becomes_of_a_file_that_is_there_can_be_said(tmp_path, behavior, expected):
    fleet = Fleet(tmp_path, "one")
    mine = tmp_path / "instances/one/var/www/index.html"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")

    appspec = APPSPEC + f"file_exists_behavior: {behavior}\n"
    succeeded(*deploy(fleet, {**files(), "appspec.yml": appspec}))

    assert mine.read_text() == expected
    if behavior == "RETAIN":  # it is still not ours: the next deployment does not take it away
        succeeded(*deploy(fleet, {**files("2"), "appspec.yml": appspec}))
        assert mine.read_text() == "mine"


def test_a_deployment_that_fails_does_not_become_the_last_successful_one(tmp_path):
    fleet = Fleet(tmp_path, "one")
    succeeded(*deploy(fleet, files("1")))
    broken = 'case $LIFECYCLE_EVENT in Validate*) exit 9;; esac; echo "said: x shop/web"\n'
    _, outcome = deploy(fleet, {**files("2"), "scripts/say.sh": broken})
    assert "failed with exit code 9" in failed(outcome).message

    work, outcome = deploy(fleet, files("3"))

    succeeded(work, outcome)
    assert said(work)[0] == "ApplicationStop 1"
    assert fleet.files("one")["/var/www/index.html"] == "<p>3"


def test_five_revisions_are_kept_on_an_instance(tmp_path):
    fleet = Fleet(tmp_path, "one")
    for number in range(7):
        succeeded(*deploy(fleet, {"appspec.yml": "version: 0.0\n", "version": str(number)}))

    kept = sorted(tmp_path.glob("instances/one/opt/codedeploy-agent/deployment-root/*/d-*"))
    versions = sorted((each / "deployment-archive/version").read_text() for each in kept)
    assert versions == ["2", "3", "4", "5", "6"]


@pytest.mark.parametrize(
    ("config", "broken", "expected"),
    [
        ("CodeDeployDefault.OneAtATime", "b", "Succeeded Failed Skipped Skipped"),
        ("CodeDeployDefault.OneAtATime", "d", "Succeeded Succeeded Succeeded Failed +"),
        ("CodeDeployDefault.HalfAtATime", "ab", "Failed Failed Succeeded Succeeded +"),
        ("CodeDeployDefault.HalfAtATime", "abc", "Failed Failed Failed Succeeded"),
        ("CodeDeployDefault.AllAtOnce", "abc", "Failed Failed Failed Succeeded +"),
        ("CodeDeployDefault.AllAtOnce", "abcd", "Failed Failed Failed Failed"),
    ],
)
def test_the_deployment_configuration_says_how_many_may_fail(tmp_path, config, broken, expected):
    fleet = Fleet(tmp_path, *"abcd")
    for name in broken:
        (tmp_path / f"instances/{name}/broken").touch()
    check = '#!/bin/sh\n[ ! -e "$PENSTOCK_INSTANCE_FOLDER/broken" ]\n'
    _, outcome = deploy(fleet, {**files(), "scripts/say.sh": check}, config=config)

    statuses = fleet.statuses()
    assert " ".join(statuses[name] for name in "abcd") == expected.removesuffix(" +")
    assert isinstance(outcome, Succeeded if expected.endswith("+") else Failed), outcome


def test_an_unknown_group_and_one_without_instances_are_said(tmp_path):
    fleet = Fleet(tmp_path)
    work = fleet.work(files(), {**GROUP, "DeploymentGroupName": "db"})
    outcome = failed(deploy_codedeploy.perform(work))
    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert "No Deployment Group found for name: db, of the application shop." in outcome.message

    _, outcome = deploy(fleet, files())
    assert "no instances were found for your deployment group" in failed(outcome).message


@pytest.mark.parametrize(
    ("appspec", "expected"),
    [
        (None, "has no appspec.yml in its root"),
        ("", "It is not YAML that can be read: it is empty."),
        ("[1]", "It is not a mapping"),
        ("version: 1.0\n", "version: '1.0' is not 0.0."),
        ("version: 0.0\nos: windows\n", "os: 'windows' cannot be deployed to"),
        ("version: 0.0\nfile: []\n", "file: Extra inputs are not permitted."),
        (
            "version: 0.0\nfiles: [{source: ../x, destination: /a}]\n",
            "files.0.source: a path inside the artifact is needed here.",
        ),
        (
            "version: 0.0\nfiles: [{source: x, destination: a}]\n",
            "files.0.destination: a path that begins with a slash is needed here.",
        ),
        (
            "version: 0.0\nfiles: [{source: x, destination: /../a}]\n",
            "files.0.destination: a path that begins",
        ),
        ("version: 0.0\nfiles: [{source: no, destination: /a}]\n", "in the artifact: no"),
        ("version: 0.0\nhooks: {Start: [{location: a}]}\n", "hooks.Start: there is no such event"),
        (
            "version: 0.0\nhooks: {AfterInstall: [{location: a, timeout: 9999}]}\n",
            "hooks.AfterInstall.0.timeout: Input should be less than or equal to 3600.",
        ),
        ("version: 0.0\nscripts: {AfterDeploy: [{location: a}]}\n", "it is called hooks"),
        (
            "version: 0.0\npermissions: [{object: /a, mode: rwx}]\n",
            "permissions.0.mode",
        ),
    ],
)
def test_an_appspec_that_cannot_be_followed_is_said_before_anything_is_done(
    tmp_path, appspec, expected
):
    fleet = Fleet(tmp_path, "one")
    artifact = files()
    del artifact["appspec.yml"]
    if appspec is not None:
        artifact["appspec.yml"] = appspec
    _, outcome = deploy(fleet, artifact)

    assert failed(outcome).code is FailureCode.CONFIGURATION_ERROR
    assert expected in failed(outcome).message
    assert fleet.reports == []
    assert list((tmp_path / "instances/one").iterdir()) == []
