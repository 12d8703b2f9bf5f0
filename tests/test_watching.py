"""Change detection on rows, with real repositories and buckets: what starts and what does not."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from pipelines import (
    buckets,
    connections,
    definitions,
    git,
    places,
    revisions,
    runner,
    triggering,
    watch_tasks,
    watching,
)
from pipelines.connections import Settings
from pipelines.core.action_types import ActionTypeId
from pipelines.core.refusals import LimitExceeded
from pipelines.core.triggers import Push, Repository
from pipelines.models import Pipeline, PipelineExecution, WatchedSource
from pipelines.providers import PROVIDERS, source_codecommit
from pipelines.providers.contract import Found, Unseen
from tests import registry
from tests.definitions import (
    CODECOMMIT,
    action,
    approval,
    commands,
    definition,
    s3_source,
    source,
    stage,
)
from tests.engine_room import ALICE
from tests.git_host import git_host, make_repository, push
from tests.waiting import wait_until

CONNECTION = ActionTypeId("Source", "AWS", "CodeStarSourceConnection", "1")
SECRET = "hunter2-is-secret"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path / "home"
    settings.PENSTOCK_POLL_SECONDS = 30
    places.repositories().mkdir(parents=True)
    return settings.PENSTOCK_HOME


class Yard:
    """A pipeline whose source is looked at, and the repository that it is fetched from."""

    def __init__(self, room, repository):
        self.room, self.repository = room, repository

    def push(self, branch="main", **files):
        return push(self.repository, branch, **(files or {"index": f"{self.count()}\n"}))

    def count(self):
        return PipelineExecution.objects.count()

    def fetch(self, name="Fetch"):
        """Have the source action work for real, and the engine go on."""
        self.room.settle()
        runner.perform(self.room.pipeline.pk, self.room.live(name).pk)
        self.room.settle()

    def look(self):
        """Every source's turn comes, and each is looked at; the results."""
        WatchedSource.objects.update(due_at=timezone.now(), claimed_until=None)
        for source_id in watching.claim():
            watching.look(source_id)
        return [row.result for row in WatchedSource.objects.order_by("action_name")]

    def triggers(self):
        return [e.trigger_type for e in PipelineExecution.objects.order_by("started_at", "id")][1:]


@contextmanager
def looking(latest_revision):
    """Another way to look at CodeCommit."""
    before = PROVIDERS[CODECOMMIT]
    PROVIDERS[CODECOMMIT] = replace(before, latest_revision=latest_revision)
    try:
        yield
    finally:
        PROVIDERS[CODECOMMIT] = before


def create(room, *sources, name="website", **members):
    outputs = [each["outputArtifacts"][0]["name"] for each in sources]
    stages = [stage("Source", *sources), stage("Build", commands(inputs=outputs[:1]))]
    told = definition(name, stages=stages, **members)
    room.pipeline = definitions.create(told, by=ALICE)
    room.settle()


@pytest.fixture
def yard(engine_room):
    """A pipeline that has taken the newest commit of a CodeCommit repository."""
    repository = places.repositories() / "website.git"
    git.init_bare(repository)
    yard = Yard(engine_room, repository)
    push(repository, index="hello\n")
    create(engine_room, source())
    yard.fetch()
    return yard


def test_the_first_look_starts_nothing_and_a_new_commit_does(yard):
    yard.look()
    assert yard.count() == 1

    commit = yard.push()
    yard.look()

    assert yard.triggers() == ["PollForSourceChanges"]
    started = PipelineExecution.objects.latest("sequence")
    assert started.trigger_detail == "Fetch"
    assert WatchedSource.objects.get().result == f"Started execution {started.pk}: {commit}"
    yard.look()
    assert yard.count() == 2


def test_a_commit_between_creation_and_the_first_look_is_not_missed(yard):
    yard.push()

    yard.look()

    assert yard.triggers() == ["PollForSourceChanges"]


def test_only_the_latest_commit_matters(yard):
    yard.look()
    for _ in range(3):
        yard.push(index="again\n")
    last = yard.push(index="last\n")

    yard.look()
    yard.fetch()
    yard.look()

    assert yard.count() == 2
    [revision] = PipelineExecution.objects.latest("sequence").source_revisions
    assert revision["revisionId"] == last


def test_what_an_execution_by_hand_has_taken_does_not_start_another(yard):
    yard.look()
    yard.push()
    yard.room.start()
    assert "Waits for an execution" in yard.look()[0]  # it has not said yet which it takes

    yard.fetch()

    assert yard.look()[0].startswith("Nothing to start for")
    assert yard.look()[0].startswith("Nothing new")
    assert yard.count() == 2


def test_what_came_after_an_execution_by_hand_has_taken_its_own_starts_another(yard):
    yard.look()
    yard.push()
    yard.room.start()
    yard.fetch()
    yard.push(index="later\n")

    yard.look()

    assert yard.triggers() == ["StartPipelineExecution", "PollForSourceChanges"]


def test_another_action_of_the_same_name_is_not_waited_for(engine_room):
    """Names are unique in a stage only; this one may be an approval, and wait for a week."""
    repository = places.repositories() / "website.git"
    git.init_bare(repository)
    yard = Yard(engine_room, repository)
    push(repository, index="hello\n")
    stages = [stage("Source", source()), stage("Build", approval("Fetch"))]
    engine_room.create(stages=stages)
    yard.fetch()
    yard.look()
    yard.push()

    yard.look()

    assert yard.triggers() == ["PollForSourceChanges"]


def test_what_put_action_revision_told_of_does_not_start_another(yard):
    yard.look()
    commit = yard.push()
    where = ("Source", "Fetch")
    revisions.put(yard.room.pipeline.name, where, revision_id=commit, by=ALICE)
    yard.fetch()

    yard.look()

    assert yard.triggers() == ["PutActionRevision"]


def test_a_commit_that_comes_back_does_not_start_again(yard):
    first = git.head(yard.repository, "main").id
    yard.look()
    yard.push()
    yard.look()
    yard.fetch()
    git._run(yard.repository, ["update-ref", "refs/heads/main", first])

    yard.look()

    assert yard.count() == 2


def test_a_failed_source_is_not_started_again_and_again(yard):
    yard.look()
    yard.push()
    yard.look()
    yard.room.settle()
    yard.room.fail("Fetch")
    yard.room.settle()

    yard.look()

    assert yard.count() == 2


def test_a_branch_that_is_not_there_yet_starts_when_it_comes(engine_room):
    repository = places.repositories() / "website.git"
    git.init_bare(repository)
    create(engine_room, source())
    yard = Yard(engine_room, repository)
    yard.fetch()  # it fails: there is nothing yet
    assert "no branch named main was found" in yard.look()[0]

    yard.push()
    yard.look()

    assert yard.triggers() == ["PollForSourceChanges"]
    assert WatchedSource.objects.get().failures == 0


def test_an_edit_starts_nothing_and_is_looked_at_anew(yard):
    yard.look()
    yard.push("other")
    other = {"RepositoryName": "website", "BranchName": "other"}
    stages = [stage("Source", source(configuration=other)), stage("Build", commands())]
    yard.room.update(stages=stages)
    yard.room.settle()

    assert yard.look()[0].startswith("Nothing to start for")
    yard.push("other", index="more\n")
    yard.look()

    assert yard.triggers() == ["PollForSourceChanges"]


def test_an_edit_elsewhere_forgets_nothing(yard):
    yard.look()
    yard.push()
    yard.room.update(stages=[stage("Source", source()), stage("Test", commands("Other"))])
    yard.room.settle()

    yard.look()

    assert yard.triggers() == ["PollForSourceChanges"]


def test_what_is_no_longer_watched_is_not_looked_at(yard):
    yard.look()
    off = {"RepositoryName": "website", "BranchName": "main", "PollForSourceChanges": "false"}
    yard.room.update(stages=[stage("Source", source(configuration=off)), stage("B", commands())])

    assert yard.look() == []
    definitions.delete("website", by=ALICE)
    assert watching.claim() == []


def test_a_look_that_ends_after_an_edit_counts_for_nothing(yard):
    """The definition changes while the host is asked."""
    yard.look()
    yard.push()
    WatchedSource.objects.update(due_at=timezone.now())
    [source_id] = watching.claim()

    def edited(look):
        found = source_codecommit.latest_revision(look)
        yard.room.update(stages=[stage("Source", source()), stage("Else", commands())])
        return found

    with looking(edited):
        watching.look(source_id)

    assert yard.count() == 1
    yard.look()
    assert yard.triggers() == ["PollForSourceChanges"]


def test_each_source_of_a_pipeline_is_looked_at(engine_room, home):
    bucket = buckets.create(places.buckets(), "uploads")
    (bucket / "website.zip").write_text("one")
    repository = places.repositories() / "website.git"
    git.init_bare(repository)
    yard = Yard(engine_room, repository)
    yard.push()
    create(engine_room, source(), s3_source("Upload", output="Zip"))
    yard.fetch()
    yard.fetch("Upload")
    yard.look()

    (bucket / "website.zip").write_text("two")
    yard.look()

    assert yard.count() == 2
    assert PipelineExecution.objects.latest("sequence").trigger_detail == "Upload"


# What cannot be asked


def test_a_source_that_cannot_be_asked_is_asked_less_and_says_why(engine_room):
    configuration = {"RepositoryName": "website", "BranchName": "main"}
    broken = places.repositories() / "website.git"
    git.init_bare(broken)
    push(broken, index="x")
    create(engine_room, source(configuration=configuration))
    for path in (broken / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    yard = Yard(engine_room, broken)

    yard.look()
    yard.look()

    row = WatchedSource.objects.get()
    assert row.looked_at is not None
    assert (row.failures, row.due_at - row.looked_at) in (
        (2, timedelta(seconds=120)),
        (0, timedelta(seconds=30)),  # git may say that there is no branch
    )
    assert row.result
    assert yard.count() == 1


def test_a_defect_of_a_provider_is_written_down_and_harms_nothing(yard, caplog):
    def broken(_look):
        raise RuntimeError("oh")

    with looking(broken):
        [result] = yard.look()

    assert result == "Penstock could not look: RuntimeError: oh"
    assert WatchedSource.objects.get().failures == 1


def test_a_revision_that_no_database_keeps_is_no_revision(yard):
    with looking(lambda _: Found(revision="a\0b")):
        assert yard.look() == ["The source names a revision that is no text."]
    with looking(lambda _: Unseen(why="No\0!")):
        assert yard.look() == ["No!"]

    assert WatchedSource.objects.get().failures == 2


def test_a_provider_that_cannot_look_says_so(yard):
    with looking(None):
        [result] = yard.look()

    assert result == "Penstock does not look for changes of this provider."


def test_a_refusal_to_start_is_written_down_and_tried_again(yard, monkeypatch):
    yard.look()
    yard.push()
    full = LimitExceeded("There are too many.")

    def refuse(*_args, **_how):
        raise full

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.starting.begin", refuse)
        assert yard.look() == ["There are too many."]
    yard.look()

    assert yard.count() == 2


# Whose turn it is


def many(room, number):
    for each in range(number):
        create(room, source(), name=f"website-{each}")


def test_only_a_few_looks_go_on_at_once_and_none_twice(engine_room):
    many(engine_room, watching.AT_ONCE + 3)

    first, second = watching.claim(), watching.claim()

    assert (len(first), second) == (watching.AT_ONCE, [])
    watching.look(first[0])
    [third] = watching.claim()
    assert third not in first


def test_a_look_that_was_never_heard_of_again_is_somebody_elses(engine_room):
    many(engine_room, 1)
    claimed = watching.claim()

    WatchedSource.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))

    assert watching.claim() == claimed


def test_a_source_is_not_due_again_before_its_time(yard):
    yard.look()

    assert watching.claim() == []


def test_a_look_at_what_is_gone_is_no_look(yard):
    watching.look(0)
    [source_id] = watching.claim()
    definitions.delete("website", by=ALICE)
    watching.look(source_id)


def test_the_cost_of_a_claim_is_the_same_however_many_there_are(
    engine_room, django_assert_max_num_queries
):
    many(engine_room, 12)
    watching.claim()
    WatchedSource.objects.update(claimed_until=None)

    with django_assert_max_num_queries(3 + watching.AT_ONCE):
        assert len(watching.claim()) == watching.AT_ONCE


def test_the_cost_of_a_look_is_the_same_whatever_the_history(yard, django_assert_max_num_queries):
    for _ in range(15):
        yard.push()
        yard.room.start()
        yard.fetch()
    yard.look()
    WatchedSource.objects.update(due_at=timezone.now())
    [source_id] = watching.claim()

    with django_assert_max_num_queries(8):
        watching.look(source_id)


def test_a_pipeline_that_is_deleted_while_its_host_is_asked_is_forgotten(yard):
    yard.look()
    yard.push()
    WatchedSource.objects.update(due_at=timezone.now())
    [source_id] = watching.claim()

    def deleted(look):
        found = source_codecommit.latest_revision(look)
        definitions.delete("website", by=ALICE)
        return found

    with looking(deleted):
        watching.look(source_id)

    assert not WatchedSource.objects.exists()


def test_a_look_at_what_is_no_longer_declared_is_no_look(yard):
    yard.look()
    WatchedSource.objects.update(due_at=timezone.now())
    [source_id] = watching.claim()
    off = {"RepositoryName": "website", "BranchName": "main", "PollForSourceChanges": "false"}
    yard.room.update(stages=[stage("Source", source(configuration=off)), stage("B", commands())])

    watching.look(source_id)

    assert yard.look() == []


# Thirty days


def age(pipeline, days):
    ago = timezone.now() - timedelta(days=days)
    Pipeline.objects.filter(pk=pipeline.pk).update(updated_at=ago)
    PipelineExecution.objects.update(started_at=ago)
    pipeline.refresh_from_db()
    return ago


def test_an_idle_pipeline_is_not_polled_until_something_happens(yard):
    yard.look()
    yard.push()
    ago = age(yard.room.pipeline, 31)
    pipeline = yard.room.pipeline

    WatchedSource.objects.update(due_at=timezone.now())
    assert watching.claim() == []
    assert watching.disabled_at(pipeline) == ago + timedelta(days=30)

    yard.room.start()
    pipeline.refresh_from_db()
    assert watching.disabled_at(pipeline) is None
    assert len(watching.claim()) == 1


def test_a_pipeline_that_does_not_poll_is_never_disabled(engine_room):
    off = {"RepositoryName": "website", "BranchName": "main", "PollForSourceChanges": "false"}
    create(engine_room, source(configuration=off))
    age(engine_room.pipeline, 400)

    assert watching.disabled_at(engine_room.pipeline) is None


# Connections, their triggers, and hosts that hang


@pytest.fixture
def host(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    with git_host(root) as running:
        running.user = ("ada", SECRET)
        yield running


def connected(url, **configuration):
    said = Settings(name="work", base_url=url, username="ada", credential=SECRET)
    arn = connections.arn_of(connections.create(said, by=ALICE).pk)
    told = {"ConnectionArn": arn, "FullRepositoryId": "acme/site", "BranchName": "main"}
    return action("Fetch", CONNECTION, outputs=["Code"], configuration={**told, **configuration})


@pytest.fixture
def connected_yard(engine_room, host):
    make_repository(host.root)
    create(engine_room, connected(host.url), pipeline_type="V2")
    yard = Yard(engine_room, host.root / "acme/site.git")
    yard.fetch()
    yard.look()
    return yard


def repository_of(yard):
    configuration = yard.room.pipeline.plan.first.actions[0].configuration
    return Repository(
        connection_arn=configuration["ConnectionArn"], full_id=configuration["FullRepositoryId"]
    )


def test_a_push_is_found_through_a_connection_and_pins_its_commit(connected_yard):
    commit = connected_yard.push()
    connected_yard.look()

    assert connected_yard.triggers() == ["WebhookV2"]
    [pinned] = PipelineExecution.objects.latest("sequence").source_overrides
    assert pinned["revisionValue"] == commit
    connected_yard.look()
    connected_yard.fetch()
    connected_yard.look()
    assert connected_yard.count() == 2


def test_what_a_webhook_told_of_before_or_after_starts_once(connected_yard):
    first = connected_yard.push()
    told = {"repository": repository_of(connected_yard)}
    triggering.pushed(**told, push=Push(commit=first, branch="main"))
    connected_yard.look()
    connected_yard.fetch()
    connected_yard.look()
    assert connected_yard.count() == 2

    second = connected_yard.push(index="more\n")
    connected_yard.look()
    triggering.pushed(**told, push=Push(commit=second, branch="main"))

    assert connected_yard.count() == 3


def test_a_change_that_started_an_execution_which_is_over_starts_no_other(connected_yard):
    """The source failed before it could say what it took."""
    commit = connected_yard.push()
    told = {"repository": repository_of(connected_yard)}
    triggering.pushed(**told, push=Push(commit=commit, branch="main"))
    connected_yard.room.settle()
    connected_yard.room.fail("Fetch")
    connected_yard.room.settle()

    assert "it has started an execution before" in connected_yard.look()[0]
    assert connected_yard.count() == 2


def test_a_secret_is_opened_for_a_look(engine_room, host, settings):
    settings.PENSTOCK_GITHUB_URL = host.url
    host.user = ("x-access-token", SECRET)
    make_repository(host.root)
    told = {"Owner": "acme", "Repo": "site", "Branch": "main", "OAuthToken": SECRET}
    kind = ActionTypeId("Source", "ThirdParty", "GitHub", "1")
    create(engine_room, action("Fetch", kind, outputs=["Code"], configuration=told))
    yard = Yard(engine_room, host.root / "acme/site.git")
    yard.fetch()
    yard.look()

    yard.push()
    yard.look()

    assert yard.triggers() == ["PollForSourceChanges"]
    assert SECRET not in repr(list(WatchedSource.objects.values()))


def test_a_host_that_hangs_is_given_up_and_others_are_looked_at(connected_yard, host, monkeypatch):
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.5)
    host.hangs = True

    [result] = connected_yard.look()

    assert "cannot be reached" in result
    assert WatchedSource.objects.get().failures == 1


@pytest.mark.django_db(transaction=True)
def test_while_a_host_hangs_the_pipeline_is_free(connected_yard, host):
    host.hangs = True
    WatchedSource.objects.update(due_at=timezone.now())
    [source_id] = watching.claim()
    asked = len(host.asked)

    def look():
        try:
            watching.look(source_id)
        finally:
            connection.close()

    looking = threading.Thread(target=look)
    looking.start()
    wait_until(lambda: len(host.asked) > asked)

    connected_yard.room.start()

    assert looking.is_alive()
    host.closed.set()
    looking.join()
    assert connected_yard.count() == 2


def test_a_connection_that_is_gone_is_told(connected_yard):
    connections.delete(connections.named("work").pk, by=ALICE)

    [result] = connected_yard.look()

    assert "There is no connection arn:" in result


def with_trigger(engine_room, host, *filters, **configuration):
    make_repository(host.root)
    trigger = {
        "providerType": "CodeStarSourceConnection",
        "gitConfiguration": {"sourceActionName": "Fetch", "push": list(filters)},
    }
    create(
        engine_room,
        connected(host.url, DetectChanges="false", **configuration),
        pipeline_type="V2",
        triggers=[trigger],
    )
    yard = Yard(engine_room, host.root / "acme/site.git")
    yard.fetch()
    assert yard.look() == ["Saw 1 branches and tags"]
    return yard


def tag(yard, name, commit):
    git._run(yard.repository, ["update-ref", f"refs/tags/{name}", commit])


def test_filters_choose_among_the_branches_that_changed(engine_room, host):
    yard = with_trigger(engine_room, host, {"branches": {"includes": ["release/*"]}})

    yard.push()  # the action's own branch: with triggers it starts nothing
    yard.push("topic/x")
    released = yard.push("release/1")
    yard.look()

    assert yard.triggers() == ["WebhookV2"]
    [pinned] = PipelineExecution.objects.latest("sequence").source_overrides
    assert pinned["revisionValue"] == released
    yard.look()
    assert yard.count() == 2


def test_filters_choose_among_tags(engine_room, host):
    yard = with_trigger(engine_room, host, {"tags": {"includes": ["v*"]}})
    commit = git.head(yard.repository, "main").id

    tag(yard, "nightly", commit)
    tag(yard, "v1", commit)
    yard.look()
    yard.look()

    assert yard.triggers() == ["WebhookV2"]


def test_filters_of_files_know_which_have_changed(engine_room, host):
    criteria = {"branches": {"includes": ["main"]}, "filePaths": {"includes": ["docs/**"]}}
    yard = with_trigger(engine_room, host, criteria)

    yard.push(index="new\n")
    assert "match none of the changed files" in yard.look()[0]
    yard.push(**{"docs/a.md": "new\n"})
    yard.look()

    assert yard.triggers() == ["WebhookV2"]


def test_a_forced_push_whose_files_cannot_be_known_is_told(engine_room, host):
    criteria = {"branches": {"includes": ["main"]}, "filePaths": {"includes": ["docs/**"]}}
    yard = with_trigger(engine_room, host, criteria)
    yard.push()
    WatchedSource.objects.update(seen_refs={"refs/heads/main": "0" * 40})

    assert "are not known" in yard.look()[0]


def test_with_filters_an_execution_that_may_take_the_branch_is_waited_for(engine_room, host):
    yard = with_trigger(engine_room, host, {"branches": {"includes": ["main"]}})
    yard.push()
    yard.room.start()

    assert "waits for an execution" in yard.look()[0]
    yard.fetch()
    yard.look()

    assert yard.triggers() == ["StartPipelineExecution"]


# Images and objects elsewhere


def test_an_image_that_is_pushed_starts_as_an_event_of_aws_would(engine_room, settings):
    image = ActionTypeId("Source", "AWS", "ECR", "1")
    told = {"RepositoryName": "team/shop"}
    with registry.running() as images:
        settings.PENSTOCK_REGISTRY = images.host
        images.push("team/shop", "latest")
        create(engine_room, action("Fetch", image, outputs=["Image"], configuration=told))
        yard = Yard(engine_room, None)
        yard.fetch()
        yard.look()

        digest = images.push("team/shop", "latest", layers=[])
        yard.look()
        yard.fetch()
        yard.look()

    assert yard.triggers() == ["CloudWatchEvent"]
    started = PipelineExecution.objects.latest("sequence")
    assert started.trigger_detail == "arn:aws:ecr:us-east-1:123456789012:repository/team/shop"
    [revision] = started.source_revisions
    assert revision["revisionId"] == digest


# The tasks


def test_the_tasks_hand_on_what_is_due(yard, monkeypatch):
    sent = []
    monkeypatch.setattr(
        watch_tasks.look, "apply_async", lambda arguments, **how: sent.append(arguments)
    )
    WatchedSource.objects.update(due_at=timezone.now())

    watch_tasks.watch()

    [(source_id,)] = sent
    watch_tasks.look(source_id)
    assert WatchedSource.objects.get().looked_at is not None
    assert len(sent) == 1


def test_a_broker_that_is_away_is_not_an_error(yard, monkeypatch, caplog):
    def away(*_args, **_how):
        raise OperationalError("away")

    monkeypatch.setattr(watch_tasks.look, "apply_async", away)
    WatchedSource.objects.update(due_at=timezone.now())

    watch_tasks.watch()

    assert "did not take a look" in caplog.text
