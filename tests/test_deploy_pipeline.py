"""From a source to instances, by the real runner: what fails is retried, and pages tell it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from pipelines import definitions, deployment_groups, git, instances, places, stages, tasks
from pipelines.core.action_types import ActionTypeId
from pipelines.core.statuses import RetryMode
from pipelines.models import ActionExecution, DeployTarget
from tests.api.asking import ask
from tests.definitions import action, definition, source, stage
from tests.engine_room import ALICE
from tests.workers import Workers

EC2 = ActionTypeId("Deploy", "AWS", "EC2", "1")
CODEDEPLOY = ActionTypeId("Deploy", "AWS", "CodeDeploy", "1")
FILES = {
    "index.html": "<p>hi",
    "after.sh": '#!/bin/sh\n[ ! -e "$PENSTOCK_INSTANCE_FOLDER/broken" ]\n',
    "appspec.yml": "version: 0.0\nfiles: [{source: index.html, destination: /var/www}]\n"
    "hooks: {ValidateService: [{location: after.sh}]}\n",
}


@pytest.fixture
def workers(transactional_db, monkeypatch, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    repository = places.repositories() / "website.git"
    git.init_bare(repository, "main")
    git.commit_files(
        repository,
        "main",
        {name: git.File(content=text) for name, text in FILES.items()},
        message="First",
        author=("Alice", "alice@example.com"),
        at=timezone.now(),
    )
    for name in ("web-1", "web-2"):
        instances.create(name, instances.Settings(tags=(("Name", "web"),)), by=ALICE)
    workers = Workers()
    monkeypatch.setattr(tasks, "_send", workers.send)
    return workers


def create(deploy):
    stages_of_it = [stage("Source", source()), stage("Deploy", deploy)]
    made = definitions.create(definition(stages=stages_of_it, pipeline_type="V2"), by=ALICE)
    return made.executions.get()


def to_ec2():
    configuration = {
        "InstanceTagKey": "Name",
        "InstanceTagValue": "web",
        "InstanceType": "EC2",
        "TargetDirectory": "/srv",
        "PostScript": "after.sh",
    }
    return action("Publish", EC2, inputs=["Code"], configuration=configuration)


def latest():
    return ActionExecution.objects.filter(action_name="Publish").latest("started_at")


def test_a_retry_deploys_only_to_those_that_failed(workers, client, django_user_model):
    (places.instances() / "web-2/broken").touch()
    execution = create(to_ec2())
    workers.work()

    execution.refresh_from_db()
    assert execution.status == "Failed"
    assert "web-2: AFTER_DEPLOY: Script at specified location: after.sh" in latest().error_message
    output = ask("ListDeployActionExecutionTargets", actionExecutionId=str(latest().pk))
    assert [(t["targetId"], t["status"]) for t in output["targets"]] == [
        ("web-1", "Succeeded"),
        ("web-2", "Failed"),
    ]
    client.force_login(django_user_model.objects.create_superuser("alice"))
    page = client.get(reverse("action", args=["website", execution.pk, latest().pk]))
    text = page.content.decode()
    assert "AFTER_DEPLOY" in text
    assert "failed with exit code 1" in text

    (places.instances() / "web-2/broken").unlink()
    (places.instances() / "web-1/srv/index.html").write_text("not deployed again")
    stages.retry("website", "Deploy", execution.pk, mode=RetryMode.FAILED_ACTIONS, by=ALICE)
    workers.work()

    execution.refresh_from_db()
    assert execution.status == "Succeeded", latest().error_message
    assert [each.target_id for each in DeployTarget.objects.filter(action=latest())] == ["web-2"]
    assert (places.instances() / "web-1/srv/index.html").read_text() == "not deployed again"
    assert (places.instances() / "web-2/srv/index.html").read_text() == "<p>hi"


def test_a_deployment_group_is_deployed_to(workers):
    tagged = deployment_groups.Settings(tag_key="Name", tag_value="web")
    deployment_groups.create("shop/web", tagged, by=ALICE)
    configuration = {"ApplicationName": "shop", "DeploymentGroupName": "web"}
    execution = create(action("Publish", CODEDEPLOY, inputs=["Code"], configuration=configuration))
    workers.work()

    execution.refresh_from_db()
    assert execution.status == "Succeeded", latest().error_message
    assert latest().external_execution_id.startswith("d-")
    for name in ("web-1", "web-2"):
        assert (places.instances() / name / "var/www/index.html").read_text() == "<p>hi"
    events = DeployTarget.objects.get(action=latest(), target_id="web-1").events
    assert [each["status"] for each in events] == ["Succeeded"] * 7
