"""EC2 deploy: files and scripts really arrive on instances, in batches, until too many fail."""

import re
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.core.statuses import FailureCode
from pipelines.isolation import Level
from pipelines.providers import deploy_ec2
from pipelines.providers.contract import Failed, Succeeded, TargetStatus
from tests.isolated import needs_bwrap
from tests.providers.fleet import Fleet
from tests.providers.work import log_of
from tests.waiting import has_pid, is_gone, wait_for_pid, with_enough_time

BY_TAG = {"InstanceTagKey": "Name", "InstanceTagValue": "web", "InstanceType": "EC2"}
SCRIPTS = {**BY_TAG, "TargetDirectory": "/var/www", "PostScript": "after.sh"}
SPEC = {**BY_TAG, "DeploySpec": "deployspec.yml"}
SITE = {"index.html": "<p>hi", "assets/app.js": "1", "after.sh": "#!/bin/sh\necho after\n"}
DEPLOYSPEC = """\
version: 0.1
files:
  - source: /index.html
    destination: /var/www/html/
  - source: assets
    destination: /srv/assets
scripts:
  BeforeDeploy:
    - location: before.sh
      timeout: 60
      runas: root
  AfterDeploy:
    - location: after.sh
"""


def failed(outcome) -> Failed:
    assert isinstance(outcome, Failed), outcome
    return outcome


def succeeded(outcome, work) -> Succeeded:
    assert isinstance(outcome, Succeeded), (outcome, log_of(work))
    return outcome


def test_the_files_go_to_the_directory_and_the_scripts_run_around_it(tmp_path):
    fleet = Fleet(tmp_path, "one")
    files = {
        **SITE,
        "before.sh": '#!/bin/sh\nls "$PENSTOCK_INSTANCE_FOLDER/var" 2>&1; echo before\n',
        "after.sh": '#!/bin/sh\ncat "$PENSTOCK_INSTANCE_FOLDER/var/www/index.html"\n'
        'echo; echo "$INSTANCE_ID $LIFECYCLE_EVENT"; ls\n',
    }
    work = fleet.work(files, {**SCRIPTS, "PreScript": "before.sh"})
    outcome = deploy_ec2.perform(work)

    assert succeeded(outcome, work).summary == "Deployment Succeeded: 1 of 1 instances"
    assert fleet.files("one") == {f"/var/www/{name}": text for name, text in files.items()}
    log = log_of(work)
    assert "cannot access" in log.partition("before\n")[0]
    assert "<p>hi\none AFTER_DEPLOY\nafter.sh\n" in log
    assert fleet.statuses() == {
        "one": "Succeeded",
        "one BEFORE_DEPLOY": "Succeeded",
        "one DEPLOY": "Succeeded",
        "one AFTER_DEPLOY": "Succeeded",
    }
    [target] = fleet.reports[-1]
    assert target.type == "EC2"
    assert target.started_at
    assert target.ended_at
    assert all(each.started_at and each.ended_at for each in target.events)


def test_a_deploy_spec_says_which_files_go_where(tmp_path):
    fleet = Fleet(tmp_path, "one", "two")
    files = {**SITE, "deployspec.yml": DEPLOYSPEC, "before.sh": "echo before\n"}
    work = fleet.work(files, SPEC)

    succeeded(deploy_ec2.perform(work), work)

    expected = {"/var/www/html/index.html": "<p>hi", "/srv/assets/app.js": "1"}
    assert fleet.files("one") == fleet.files("two") == expected
    assert "No effect here: runas root" in log_of(work)


def test_an_appspec_file_is_understood_too(tmp_path):
    fleet = Fleet(tmp_path, "one")
    spec = """\
version: 0.0
os: linux
files: [{source: /index.html, destination: /srv}]
hooks:
  ValidateService: [{location: say.sh}]
  BeforeInstall: [{location: say.sh}]
"""
    say = 'echo "$LIFECYCLE_EVENT: $(ls "$PENSTOCK_INSTANCE_FOLDER")"\n'
    work = fleet.work({**SITE, "deployspec.yml": spec, "say.sh": say}, SPEC)

    succeeded(deploy_ec2.perform(work), work)

    assert re.findall("^(.*_DEPLOY: .*)$", log_of(work), flags=re.MULTILINE) == [
        "BEFORE_DEPLOY: tmp",
        "AFTER_DEPLOY: srv",
    ]


def test_it_goes_batch_by_batch_and_stops_when_too_many_have_failed(tmp_path):
    fleet = Fleet(tmp_path, "a", "b", "c", "d", "e")
    files = {**SITE, "after.sh": '#!/bin/sh\ncase "$INSTANCE_ID" in b|c) exit 3;; esac\n'}
    work = fleet.work(files, {**SCRIPTS, "MaxBatch": "2", "MaxError": "1"})
    outcome = failed(deploy_ec2.perform(work))

    assert outcome.code is FailureCode.JOB_FAILED
    assert "2 of 5 instances are done" in outcome.message
    assert (
        "b: AFTER_DEPLOY: Script at specified location: after.sh failed with exit code 3"
        in outcome.message
    )
    statuses = fleet.statuses()
    assert [statuses[name] for name in "abcde"] == [
        "Succeeded",
        "Failed",
        "Failed",
        "Succeeded",
        "Skipped",
    ]
    assert statuses["b AFTER_DEPLOY"] == "Failed"
    assert statuses["e BEFORE_DEPLOY"] == "Pending"
    assert fleet.files("e") == {}


def test_as_many_may_fail_as_max_error_says(tmp_path):
    fleet = Fleet(tmp_path, "a", "b")
    files = {**SITE, "after.sh": '#!/bin/sh\n[ "$INSTANCE_ID" != a ]\n'}
    work = fleet.work(files, {**SCRIPTS, "MaxBatch": "1", "MaxError": "50%"})

    outcome = succeeded(deploy_ec2.perform(work), work)

    assert outcome.summary.startswith("Deployment Succeeded: 1 of 2 instances (a: AFTER_DEPLOY")


def test_a_failed_script_before_leaves_the_files_as_they_are(tmp_path):
    fleet = Fleet(tmp_path, "one")
    work = fleet.work({**SITE, "before.sh": "exit 1\n"}, {**SCRIPTS, "PreScript": "before.sh"})

    failed(deploy_ec2.perform(work))

    assert fleet.files("one") == {}
    assert fleet.statuses()["one DEPLOY"] == "Skipped"


def test_a_retry_goes_first_to_those_that_failed_and_not_to_those_that_are_done(tmp_path):
    fleet = Fleet(tmp_path, "a", "b", "c")
    earlier = {"a": TargetStatus.SUCCEEDED, "c": TargetStatus.FAILED}
    files = {**SITE, "after.sh": '#!/bin/sh\necho "on $INSTANCE_ID"\n'}
    work = fleet.work(files, {**SCRIPTS, "MaxBatch": "1"}, earlier_targets=lambda: earlier)

    outcome = succeeded(deploy_ec2.perform(work), work)

    assert outcome.summary == "Deployment Succeeded: 3 of 3 instances"
    assert re.findall("^on (.)$", log_of(work), flags=re.MULTILINE) == ["c", "b"]
    assert fleet.files("a") == {}
    assert "a is skipped: it has received this artifact already" in log_of(work)


def test_what_several_instances_say_is_not_mixed(tmp_path):
    names = [f"i{number}" for number in range(6)]
    fleet = Fleet(tmp_path, *names)
    files = {**SITE, "after.sh": "#!/bin/sh\nfor n in 1 2 3; do echo $INSTANCE_ID; done\n"}
    work = fleet.work(files, SCRIPTS)

    succeeded(deploy_ec2.perform(work), work)

    said = re.findall(r"^i\d$", log_of(work), flags=re.MULTILINE)
    assert sorted(said) == sorted(names * 3)
    assert all(len(set(said[at : at + 3])) == 1 for at in range(0, 18, 3))


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({**SCRIPTS, "InstanceTagValue": "db"}, "No instance has the tag Name=db."),
        ({**BY_TAG, "TargetDirectory": "/var"}, "PostScript is required when there is no Deploy"),
        ({**SCRIPTS, "TargetDirectory": "www"}, "TargetDirectory 'www' has to be an absolute"),
        ({**SCRIPTS, "TargetDirectory": "/../x"}, "TargetDirectory '/../x' has to be an absolute"),
        ({**SCRIPTS, "PostScript": "../x"}, "PostScript '../x' is not a path inside"),
        ({**SCRIPTS, "DeploySpec": "x"}, "Give either DeploySpec or PreScript and PostScript"),
        ({**SPEC, "DeploySpec": "no.yml"}, "The input artifact has no file no.yml"),
        ({**SPEC, "DeploySpec": "../no.yml"}, "DeploySpec '../no.yml' leads out of"),
        ({**SPEC, "DeploySpec": "index.html"}, "The deploy spec index.html cannot be used. It is"),
        ({**SCRIPTS, "MaxBatch": "0"}, "MaxBatch is 0"),
        ({**SCRIPTS, "MaxBatch": "0%"}, "MaxBatch is 0"),
        ({**SCRIPTS, "MaxBatch": "many"}, "MaxBatch 'many' is neither a number nor such as 50%."),
        ({**SCRIPTS, "MaxError": "101%"}, "MaxError '101%' is neither"),
        ({**SCRIPTS, "MaxError": "-1"}, "MaxError '-1' is neither"),
    ],
)
def test_what_is_configured_badly_is_said_and_nothing_is_deployed(
    tmp_path, configuration, expected
):
    fleet = Fleet(tmp_path, "one")
    outcome = failed(deploy_ec2.perform(fleet.work(SITE, configuration)))

    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert expected in outcome.message
    assert fleet.reports == []
    assert fleet.files("one") == {}


def test_an_artifact_with_a_path_that_leads_out_is_refused(tmp_path):
    fleet = Fleet(tmp_path, "one")
    work = fleet.work(SITE, SCRIPTS)
    with zipfile.ZipFile(work.input_artifacts["Site"], "a") as archive:
        archive.writestr("../../evil", "x")

    outcome = failed(deploy_ec2.perform(work))

    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert "'../../evil', which may lead out of its folder" in outcome.message


def test_a_link_on_the_instance_does_not_lead_out_of_its_folder(tmp_path):
    fleet = Fleet(tmp_path, "one")
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "instances/one/var").symlink_to(outside)

    outcome = failed(deploy_ec2.perform(fleet.work(SITE, SCRIPTS)))

    assert "leads out of the instance's folder through a link" in outcome.message
    assert list(outside.iterdir()) == []


def test_nothing_is_written_through_a_link_that_a_script_left_in_the_place_of_a_copy(tmp_path):
    fleet = Fleet(tmp_path, "one")
    outside, folder = tmp_path / "outside", tmp_path / "instances/one/var/www"
    outside.write_text("untouched")
    folder.mkdir(parents=True)
    (folder / ".index.html.deploying").symlink_to(outside)
    work = fleet.work(SITE, SCRIPTS)

    succeeded(deploy_ec2.perform(work), work)

    assert outside.read_text() == "untouched"
    assert not (folder / "index.html").is_symlink()
    assert (folder / "index.html").read_text() == "<p>hi"


def test_a_script_that_is_not_there_is_named(tmp_path):
    fleet = Fleet(tmp_path, "one")
    outcome = failed(deploy_ec2.perform(fleet.work({"index.html": "x"}, SCRIPTS)))

    assert "Script does not exist at specified location: after.sh" in outcome.message


def test_a_script_that_ignores_the_end_of_its_time_and_forks_is_ended(tmp_path):
    pid = tmp_path / "pid"
    after = (
        f"#!/bin/sh\ntrap '' TERM\nsh -c 'trap \"\" TERM; echo $$ > {pid}; sleep 100' &\n"
        "while :; do sleep 1; done\n"
    )

    def deploy(folder, timeout):
        hook = f"[{{location: after.sh, timeout: {timeout.seconds}}}]"
        spec = f"version: 0.1\nscripts: {{AfterDeploy: {hook}}}\n"
        artifact = {**SITE, "after.sh": after, "deployspec.yml": spec}
        outcome = failed(deploy_ec2.perform(Fleet(folder, "one").work(artifact, SPEC)))
        return (timeout, outcome) if has_pid(pid) else None

    timeout, outcome = with_enough_time(tmp_path, deploy)

    assert f"after.sh failed to complete in {timeout.seconds} seconds" in outcome.message
    assert is_gone(wait_for_pid(pid))


def test_one_instance_does_not_end_what_runs_on_another(tmp_path):
    fleet = Fleet(tmp_path, "quick", "slow")
    gate = tmp_path / "gate"
    after = (
        f'#!/bin/sh\n[ "$INSTANCE_ID" = quick ] && exit\n'
        f"while [ ! -e {gate} ]; do sleep 0.05; done\n"
    )

    def report(targets):
        fleet.reports.append(targets)
        if fleet.statuses()["quick"] == "Succeeded":
            gate.touch()

    work = fleet.work({**SITE, "after.sh": after}, SCRIPTS, report=report)

    succeeded(deploy_ec2.perform(work), work)


def test_the_time_of_the_action_is_the_time_of_its_scripts(tmp_path):
    pid = tmp_path / "pid"
    files = {**SITE, "after.sh": f"#!/bin/sh\necho $$ > {pid}\nsleep 60\n"}

    def deploy(folder, timeout):
        outcome = deploy_ec2.perform(Fleet(folder, "one").work(files, SCRIPTS, timeout=timeout))
        return failed(outcome) if has_pid(pid) else None

    assert "after.sh failed to complete in " in with_enough_time(tmp_path, deploy).message


def test_work_that_is_lost_begins_no_other_batch(tmp_path):
    fleet = Fleet(tmp_path, "a", "b")
    work = fleet.work(
        {**SITE, "after.sh": "#!/bin/sh\nsleep 60\n"},
        {**SCRIPTS, "MaxBatch": "1"},
        is_lost=lambda: bool(fleet.reports) and fleet.statuses()["a DEPLOY"] == "Succeeded",
    )
    failed(deploy_ec2.perform(work))

    assert fleet.statuses()["b"] == "Skipped"


@needs_bwrap
def test_in_bubblewrap_a_script_reaches_its_instance_and_nothing_else(tmp_path):
    fleet = Fleet(tmp_path, "one")
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    after = f'#!/bin/sh\ncat {secret}\ntouch "$PENSTOCK_INSTANCE_FOLDER/made"\n'
    work = fleet.work({**SITE, "after.sh": after}, SCRIPTS, site={"isolation": Level.BWRAP})

    succeeded(deploy_ec2.perform(work), work)

    assert "hunter2" not in log_of(work)
    assert Path(tmp_path / "instances/one/made").exists()


@needs_bwrap
def test_in_bubblewrap_a_script_puts_no_link_in_place_of_the_log(tmp_path):
    fleet = Fleet(tmp_path, "one", "two")
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    after = f'#!/bin/sh\necho after\nrm -f "$TMPDIR/../log"\nln -s {secret} "$TMPDIR/../log"\n'
    work = fleet.work({**SITE, "after.sh": after}, SCRIPTS, site={"isolation": Level.BWRAP})
    work = replace(work, configuration={**work.configuration, "MaxBatch": "2"})

    succeeded(deploy_ec2.perform(work), work)

    assert "after" in log_of(work)
    assert "hunter2" not in log_of(work)
    assert secret.read_text() == "hunter2"


def test_a_deploy_spec_of_any_length_is_not_read_as_a_whole(tmp_path):
    fleet = Fleet(tmp_path, "one")
    work = fleet.work({"deployspec.yml": "a" * 40_000_000}, SPEC)
    tracemalloc.start()
    try:
        outcome = failed(deploy_ec2.perform(work))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert "it is too long; at most 262144 bytes are allowed" in outcome.message
    assert most < 20_000_000
