"""Artifacts in a bucket instead of a folder: by configuration, and for everybody who uses them."""

import pytest
from boto3.s3.transfer import TransferConfig
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from console import environment
from pipelines import artifact_store, artifacts, places, runner
from pipelines.core.refusals import Throttled
from pipelines.endpoints import NOWHERE, Endpoints
from pipelines.stores import FolderStore
from tests import fake_s3
from tests.api.s3 import client as s3_client
from tests.api.workers import begin, build, mason, succeed
from tests.definitions import commands, source, stage

MINIO = Endpoints(urls={"s3": "http://127.0.0.1:9000"})


@pytest.fixture(scope="module")
def s3():
    with fake_s3.serving() as served:
        yield served


@pytest.fixture
def configured(settings, tmp_path, s3):
    """This Penstock keeps its artifacts in the S3."""
    settings.PENSTOCK_HOME = tmp_path / "home"
    settings.PENSTOCK_ENDPOINTS = s3.endpoints
    settings.PENSTOCK_ARTIFACT_STORE = f"s3://kept/{tmp_path.name}"
    return artifact_store.configured()


def test_a_folder_is_the_default(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path

    assert artifact_store.configured() == FolderStore(tmp_path / "artifacts", tmp_path / "uploads")


@pytest.mark.parametrize("value", ["s3://artifacts", "s3://artifacts/penstock/one", "folder"])
def test_what_may_be_set(monkeypatch, value):
    monkeypatch.setenv("STORE", value)

    assert environment.artifact_store("STORE", MINIO) == value


@pytest.mark.parametrize(
    ("value", "services", "said"),
    [
        ("s3://artifacts", NOWHERE, "also needs PENSTOCK_ENDPOINT_S3"),
        ("artifacts", MINIO, "must be folder, or s3://bucket"),
        ("s3://", MINIO, "must be folder, or s3://bucket"),
        ("s3://artifacts/../other", MINIO, "must be folder, or s3://bucket"),
        ("file:///artifacts", MINIO, "must be folder, or s3://bucket"),
    ],
)
def test_what_is_refused_before_the_start(monkeypatch, value, services, said):
    monkeypatch.setenv("STORE", value)

    with pytest.raises(ImproperlyConfigured, match=said):
        environment.artifact_store("STORE", services)


def test_an_action_reads_and_makes_artifacts_there(
    transactional_db, engine_room, configured, s3, tmp_path
):
    keep_source(configured, tmp_path)
    copy = commands("Copy", "cp index.txt copy.txt", outputs=["Copy"])
    execution = engine_room.create(stages=[stage("Source", source()), stage("Build", copy)])
    engine_room.fetch()
    engine_room.settle()

    runner.perform(engine_room.pipeline.pk, engine_room.live("Copy").pk)

    done = engine_room.latest("Copy")
    assert (done.status, done.error_message) == ("Succeeded", "")
    key = engine_room.again(execution).artifacts["Copy"]
    assert f"{tmp_path.name}/{key}" in s3.objects
    artifacts.unpack(configured.fetch(key, tmp_path / "back"), tmp_path / "copied")
    assert (tmp_path / "copied" / "copy.txt").read_text() == "hello"
    assert not list(places.artifacts().glob("*"))
    assert not list(places.workspaces().glob("*"))


def keep_source(store, folder):
    (folder / "files").mkdir()
    (folder / "files" / "index.txt").write_text("hello")
    artifacts.pack(folder / "files", ["**/*"], folder / "zip")
    store.keep("website/Code/abcdefg", folder / "zip")


def test_a_store_that_is_away_fails_the_action_in_a_sentence(
    transactional_db, engine_room, configured, settings
):
    engine_room.create(stages=[stage("Source", source()), stage("Build", commands("Copy", "true"))])
    engine_room.fetch()
    engine_room.settle()
    settings.PENSTOCK_ENDPOINTS = Endpoints(urls={"s3": "http://127.0.0.1:1"})

    runner.perform(engine_room.pipeline.pk, engine_room.live("Copy").pk)

    assert "The artifact store cannot be reached" in engine_room.latest("Copy").error_message


def test_a_job_worker_reads_and_writes_it_through_penstock(engine_room, configured, s3, tmp_path):
    keep_source(configured, tmp_path)
    execution = build(engine_room, mason(inputs=["Code"], outputs=["Site"]))
    job = begin()
    [site] = job["data"]["outputArtifacts"]
    where = site["location"]["s3Location"]
    worker = s3_client(job["data"]["artifactCredentials"])

    got = worker.get_object(Bucket="artifacts", Key="website/Code/abcdefg", Range="bytes=0-1")
    assert got["Body"].read() == b"PK"
    (tmp_path / "site").write_bytes(b"0123456789abcdef" * 600_000)
    one_thread = TransferConfig(use_threads=False)
    worker.upload_file(str(tmp_path / "site"), *where.values(), Config=one_thread)
    succeed(job)

    key = engine_room.again(execution).artifacts["Site"]
    assert (key, f"{tmp_path.name}/{key}" in s3.objects) == (where["objectKey"], True)
    assert s3.objects[f"{tmp_path.name}/{key}"][0] == (tmp_path / "site").read_bytes()
    assert not list(places.arriving().glob("*"))


def test_a_store_that_is_away_is_service_unavailable_to_a_worker(
    engine_room, configured, settings, tmp_path
):
    build(engine_room, mason(inputs=["Code"]))
    worker = s3_client(begin()["data"]["artifactCredentials"])
    settings.PENSTOCK_ENDPOINTS = Endpoints(urls={"s3": "http://127.0.0.1:1"})

    with pytest.raises(worker.exceptions.ClientError, match="ServiceUnavailable"):
        worker.get_object(Bucket="artifacts", Key="website/Code/abcdefg")


def test_a_result_waits_for_a_store_that_is_away(engine_room, configured, settings):
    execution = build(engine_room, mason(outputs=["Site"]))
    job = begin()
    settings.PENSTOCK_ENDPOINTS = Endpoints(urls={"s3": "http://127.0.0.1:1"})

    with pytest.raises(Throttled, match=r"cannot be reached.* Try again later\."):
        succeed(job)

    assert engine_room.action_statuses(execution)["Lay"] == "InProgress"


def test_whether_it_can_be_used_is_known_to_readyz(db, client, configured, settings):
    assert client.get(reverse("readyz")).json()["items"]["artifact store"] == "ok"
    settings.PENSTOCK_ARTIFACT_STORE = "s3://no-such-bucket"

    said = client.get(reverse("readyz")).json()["items"]["artifact store"]

    assert said == "StoreError: There is no bucket no-such-bucket for artifacts."
