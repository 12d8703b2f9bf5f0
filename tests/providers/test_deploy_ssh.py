"""Deployments over ssh: the same as to a folder, by what ssh is given to do.

`ssh` is a small program that does on this machine what it would do on the host.
"""

import pytest

from pipelines.providers import deploy_codedeploy, deploy_ec2
from pipelines.providers.contract import Failed, Succeeded
from tests.providers.fleet import Fleet
from tests.providers.test_deploy_codedeploy import GROUP, files, said
from tests.providers.test_deploy_ec2 import SCRIPTS, SITE
from tests.providers.work import log_of

SSH = """\
#!/bin/sh
echo "$*" >> {log}
while [ "$1" != -- ]; do shift; done
[ "$2" = deploy@web-1 ] || {{ echo "ssh: no route to $2" >&2; exit 255; }}
exec sh -c "$3"
"""


@pytest.fixture
def ssh_log(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ssh").write_text(SSH.format(log=tmp_path / "ssh.log"))
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return tmp_path / "ssh.log"


def deploy(fleet, artifact):
    work = fleet.work(artifact, GROUP)
    return work, deploy_codedeploy.perform(work)


def succeeded(work, outcome):
    assert isinstance(outcome, Succeeded), (outcome, log_of(work))


def test_codedeploy_goes_through_its_lifecycle_on_the_host(tmp_path, ssh_log):
    fleet = Fleet(tmp_path, "one", ssh_host="deploy@web-1")
    succeeded(*deploy(fleet, files("1", site__old="old")))
    work, outcome = deploy(fleet, files("2"))

    succeeded(work, outcome)
    assert said(work) == [
        "ApplicationStop 1",
        "BeforeInstall 2",
        "AfterInstall 2",
        "ApplicationStart 2",
        "ValidateService 2",
    ]
    assert fleet.files("one") == {"/var/www/index.html": "<p>2", "/var/www/run.cgi": "x"}
    assert (tmp_path / "instances/one/var/www/run.cgi").stat().st_mode & 0o777 == 0o755
    asked = ssh_log.read_text()
    assert "-o BatchMode=yes -o ConnectTimeout=10 -o LogLevel=ERROR -- deploy@web-1 " in asked


@pytest.mark.parametrize(
    ("behavior", "expected"), [("OVERWRITE", "<p>1"), ("RETAIN", "mine"), ("DISALLOW", "mine")]
)
def test_a_file_that_is_there_is_treated_as_in_a_folder(tmp_path, ssh_log, behavior, expected):
    fleet = Fleet(tmp_path, "one", ssh_host="deploy@web-1")
    mine = tmp_path / "instances/one/var/www/index.html"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    artifact = files()
    artifact["appspec.yml"] += f"file_exists_behavior: {behavior}\n"

    _, outcome = deploy(fleet, artifact)

    assert mine.read_text() == expected
    if behavior == "DISALLOW":
        assert isinstance(outcome, Failed)
        assert f"already exists at this location: {mine}" in outcome.message
    else:
        assert isinstance(outcome, Succeeded), outcome


def test_files_and_scripts_of_an_ec2_action_arrive(tmp_path, ssh_log):
    fleet = Fleet(tmp_path, "one", ssh_host="deploy@web-1")
    odd = "it's odd; $(touch x) & more.txt"
    artifact = {**SITE, odd: "odd", "after.sh": '#!/bin/sh\necho "said: $INSTANCE_ID"; pwd\n'}
    work = fleet.work(artifact, {**SCRIPTS, "TargetDirectory": "/srv/it's here"})

    succeeded(work, deploy_ec2.perform(work))

    expected = {f"/srv/it's here/{name}": text for name, text in artifact.items()}
    assert fleet.files("one") == expected
    assert "said: one" in log_of(work)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("exit 4\n", "after.sh failed with exit code 4"),
        ("exit 255\n", "ssh could not reach deploy@web-1, or lost it"),
    ],
)
def test_a_script_that_fails_is_said(tmp_path, ssh_log, after, expected):
    fleet = Fleet(tmp_path, "one", ssh_host="deploy@web-1")
    work = fleet.work({**SITE, "after.sh": f"#!/bin/sh\n{after}"}, SCRIPTS)
    outcome = deploy_ec2.perform(work)

    assert isinstance(outcome, Failed)
    assert expected in outcome.message


def test_a_script_that_takes_too_long_is_ended_over_there(tmp_path, ssh_log):
    fleet = Fleet(tmp_path, "one", ssh_host="deploy@web-1")
    spec = "version: 0.1\nscripts: {AfterDeploy: [{location: after.sh, timeout: 1}]}\n"
    artifact = {**SITE, "after.sh": "#!/bin/sh\nsleep 60\n", "spec.yml": spec}
    configuration = {key: SCRIPTS[key] for key in SCRIPTS if key.startswith("Instance")}
    work = fleet.work(artifact, {**configuration, "DeploySpec": "spec.yml"})
    outcome = deploy_ec2.perform(work)

    assert isinstance(outcome, Failed)
    assert "after.sh failed to complete in 1 seconds" in outcome.message


def test_a_script_that_is_not_there_is_named(tmp_path, ssh_log):
    fleet = Fleet(tmp_path, "one", ssh_host="deploy@web-1")
    outcome = deploy_ec2.perform(fleet.work({"index.html": "x"}, SCRIPTS))

    assert isinstance(outcome, Failed)
    assert "Script does not exist at specified location: after.sh" in outcome.message


def test_a_host_that_cannot_be_reached_is_said(tmp_path, ssh_log):
    fleet = Fleet(tmp_path, "one", ssh_host="deploy@nowhere")
    work = fleet.work(SITE, SCRIPTS)
    outcome = deploy_ec2.perform(work)

    assert isinstance(outcome, Failed)
    assert "ssh could not reach deploy@nowhere" in outcome.message
    assert "no route to deploy@nowhere" in log_of(work)
