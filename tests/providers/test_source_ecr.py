"""ECR source: what a tag names in a real registry, how one is let in, and registries that lie."""

import json
import zipfile

import pytest

from pipelines import registries
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import FailureCode
from pipelines.providers import source_ecr
from pipelines.providers.contract import Absent, Failed, Found, Look, Revision, Succeeded, Unseen
from tests import registry as fake
from tests.providers.work import OUTPUT, log_of, make_site, make_work

SECRET = "hunter2-is-secret"


@pytest.fixture
def registry():
    with fake.running() as running:
        yield running


def site_of(tmp_path, registry, **changes):
    return make_site(tmp_path, registry=registry.host, **changes)


def work_for(tmp_path, registry, **changes):
    site = site_of(tmp_path, registry, **changes.pop("site", {}))
    configuration = {"RepositoryName": "team/shop", **changes.pop("configuration", {})}
    return make_work(
        tmp_path, site=site, configuration=configuration, output_artifacts=OUTPUT, **changes
    )


def look_at(tmp_path, registry, **changes):
    site = site_of(tmp_path, registry, **changes.pop("site", {}))
    configuration = {"RepositoryName": "team/shop", **changes.pop("configuration", {})}
    return source_ecr.latest_revision(Look(site=site, configuration=configuration, **changes))


def failed(outcome) -> Failed:
    assert isinstance(outcome, Failed), outcome
    return outcome


def succeeded(outcome) -> Succeeded:
    assert isinstance(outcome, Succeeded), outcome
    return outcome


def test_the_image_of_the_tag_is_the_artifact_and_the_revision(tmp_path, registry):
    digest = registry.push("team/shop", "latest")
    registry.headers["Last-Modified"] = "Mon, 21 Jan 2019 20:04:00 GMT"
    work = work_for(tmp_path, registry)

    outcome = succeeded(source_ecr.perform(work))

    uri = f"{registry.host}/team/shop@{digest}"
    with zipfile.ZipFile(outcome.artifacts["Output"]) as archive:
        [name] = archive.namelist()
        detail = json.loads(archive.read(name))
    assert name == "imageDetail.json"
    assert detail == {
        "ImageSizeInBytes": "1120",
        "ImageDigest": digest,
        "Version": "1.0",
        "ImagePushedAt": "Mon Jan 21 20:04:00 UTC 2019",
        "RegistryId": "123456789012",
        "RepositoryName": "team/shop",
        "ImageURI": uri,
        "ImageTags": ["latest"],
    }
    assert outcome.output_variables == {
        "ImageDigest": digest,
        "ImageTag": "latest",
        "ImageURI": uri,
        "RegistryId": "123456789012",
        "RepositoryName": "team/shop",
    }
    assert outcome.revision == Revision(id=digest, summary="team/shop:latest")
    assert uri in log_of(work)


def test_an_image_of_several_platforms_has_no_size(tmp_path, registry):
    registry.push("team/shop", "v1", layers=None, manifests=[])
    registry.images["team/shop"]["v1"] = b'{"manifests": []}'
    work = work_for(tmp_path, registry, configuration={"ImageTag": "v1"})

    outcome = succeeded(source_ecr.perform(work))

    with zipfile.ZipFile(outcome.artifacts["Output"]) as archive:
        detail = json.loads(archive.read("imageDetail.json"))
    assert "ImageSizeInBytes" not in detail
    assert "ImagePushedAt" not in detail


def test_a_digest_that_is_asked_for_is_taken_in_place_of_the_tag(tmp_path, registry):
    first = registry.push("team/shop", "latest")
    registry.push("team/shop", "latest", layers=[])
    work = work_for(tmp_path, registry, overrides={RevisionType.IMAGE_DIGEST: first})

    outcome = succeeded(source_ecr.perform(work))

    assert outcome.output_variables["ImageDigest"] == first
    assert f"Source revision override: image {first}" in log_of(work)


@pytest.mark.parametrize("asked_for", [f"sha256:{'0' * 64}", "sha256:0", "../x", "x" * 1500])
def test_a_digest_that_is_not_there_is_unavailable(tmp_path, registry, asked_for):
    registry.push("team/shop", "latest")
    overrides = {RevisionType.IMAGE_DIGEST: asked_for}

    outcome = failed(source_ecr.perform(work_for(tmp_path, registry, overrides=overrides)))

    assert outcome.code is FailureCode.REVISION_UNAVAILABLE
    assert "Start the pipeline with the digest" in outcome.message


@pytest.mark.parametrize("way", ["basic", "bearer"])
def test_a_user_is_let_in(tmp_path, registry, way):
    digest = registry.push("team/shop", "latest")
    registry.user, registry.way = ("ada", SECRET), way
    known = {"registry_username": "ada", "registry_password": SECRET}
    work = work_for(tmp_path, registry, site=known)

    assert succeeded(source_ecr.perform(work)).output_variables["ImageDigest"] == digest
    assert SECRET not in log_of(work)
    assert SECRET not in repr(work)


@pytest.mark.parametrize("way", ["basic", "bearer"])
@pytest.mark.parametrize("known", [{}, {"registry_username": "ada", "registry_password": "x"}])
def test_who_is_not_let_in_is_told_what_to_set(tmp_path, registry, way, known):
    registry.push("team/shop", "latest")
    registry.user, registry.way = ("ada", SECRET), way

    outcome = failed(source_ecr.perform(work_for(tmp_path, registry, site=known)))

    assert outcome.code is FailureCode.PERMISSION_ERROR
    assert "Set PENSTOCK_REGISTRY_USERNAME and PENSTOCK_REGISTRY_PASSWORD" in outcome.message


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"ImageTag": "absent"}, "has no such image. Push team/shop:absent, or change"),
        ({"RepositoryName": "absent"}, "has no such image. Push absent:latest"),
        ({"RepositoryName": "../../etc"}, "cannot be the name of a repository"),
        ({"RepositoryName": "Shop"}, "cannot be the name of a repository"),
        ({"ImageTag": "a/b"}, "can be neither a tag nor a digest"),
        ({"ImageTag": "a\nb"}, "can be neither a tag nor a digest"),
    ],
)
def test_what_cannot_be_found_says_what_to_change(tmp_path, registry, configuration, expected):
    registry.push("team/shop", "latest")
    work = work_for(tmp_path, registry, configuration=configuration)

    outcome = failed(source_ecr.perform(work))

    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert expected in outcome.message


def test_without_a_registry_it_says_which_setting_is_missing(tmp_path):
    work = make_work(tmp_path, configuration={"RepositoryName": "shop"})

    assert "Set PENSTOCK_REGISTRY to its host" in failed(source_ecr.perform(work)).message
    look = Look(site=work.site, configuration=work.configuration)
    assert isinstance(source_ecr.latest_revision(look), Unseen)


@pytest.mark.parametrize(
    ("answers", "headers", "expected"),
    [
        ((200, b'{"layers": []}'), {"Docker-Content-Digest": "sha256:1"}, "sent another manifest"),
        ((200, b"<html>"), {}, "something that is no JSON"),
        ((200, b"[" * 100_000), {}, "something that is no JSON"),
        ((200, b"[1]"), {}, "something else than asked for"),
        ((200, b"{}"), {}, "something that is no manifest"),
        ((200, b" " * (5 * 1024**2)), {}, "sends more than a manifest may have"),
        ((500, b"oh"), {}, "answered with HTTP status 500"),
        ((301, b""), {"Location": "ftp://x/"}, "cannot be reached"),
    ],
)
def test_a_registry_that_lies(tmp_path, registry, answers, headers, expected):
    registry.answers, registry.headers = answers, headers

    assert expected in failed(source_ecr.perform(work_for(tmp_path, registry))).message


def test_a_time_that_no_clock_shows_is_left_out(tmp_path, registry):
    registry.push("team/shop", "latest")
    registry.headers["Last-Modified"] = "Mon, 21 Jan 99999999999 20:04:00 GMT"
    work = work_for(tmp_path, registry)

    with zipfile.ZipFile(succeeded(source_ecr.perform(work)).artifacts["Output"]) as archive:
        assert "ImagePushedAt" not in json.loads(archive.read("imageDetail.json"))


def test_another_manifest_than_the_digest_that_was_asked_for(tmp_path, registry):
    digest = registry.push("team/shop", "latest")
    registry.images["team/shop"][digest] = b'{"layers": [], "other": 1}'
    overrides = {RevisionType.IMAGE_DIGEST: digest}

    outcome = failed(source_ecr.perform(work_for(tmp_path, registry, overrides=overrides)))

    assert "sent another manifest" in outcome.message


@pytest.mark.parametrize("said", [b"{}", b'{"token": 1}', b'{"token": "a\\nb"}', b"no"])
def test_a_token_that_is_none(tmp_path, registry, said, monkeypatch):
    registry.user, registry.way = ("ada", SECRET), "bearer"
    monkeypatch.setattr(registry, "give_token", lambda request: fake.reply(request, 200, said))

    assert isinstance(source_ecr.perform(work_for(tmp_path, registry)), Failed)


def test_a_challenge_that_is_none(tmp_path, registry, monkeypatch):
    registry.user = ("ada", SECRET)
    monkeypatch.setattr(registry, "challenge", lambda _request: "Dance")

    outcome = failed(source_ecr.perform(work_for(tmp_path, registry)))

    assert outcome.code is FailureCode.PERMISSION_ERROR


def test_a_registry_that_hangs_or_is_not_there(tmp_path, registry):
    registry.hangs = True
    assert "did not answer in time" in look_at(tmp_path, registry, seconds=0.5).why

    registry.closed.set()
    registry.host = "127.0.0.1:9"
    gone = failed(source_ecr.perform(work_for(tmp_path, registry)))
    assert gone.code is FailureCode.SYSTEM_UNAVAILABLE
    assert "127.0.0.1:9 cannot be reached" in gone.message
    assert "Check PENSTOCK_REGISTRY." in gone.message


HEADERS = b"HTTP/1.1 200 OK\r\n"
BODY = HEADERS + b"Content-Length: 100000000\r\n\r\n"


@pytest.mark.parametrize("drips", [(BODY, b" " * 1000), (BODY, b" "), (HEADERS + b"X-A: ", b"b")])
def test_a_registry_that_sends_too_slowly_is_given_up(tmp_path, registry, drips):
    registry.push("team/shop", "latest")

    assert "did not answer in time" in look_at(tmp_path, registry, seconds=0).why

    registry.drips = drips
    assert "did not answer in time" in look_at(tmp_path, registry, seconds=1).why


def test_lost_work_does_not_wait_for_a_registry_that_hangs(tmp_path, registry):
    registry.hangs = True
    work = work_for(tmp_path, registry, is_lost=lambda: bool(registry.asked))

    assert failed(source_ecr.perform(work)).message == "The work was given up."


def test_work_that_is_lost_is_given_up(tmp_path, registry):
    registry.push("team/shop", "latest")
    work = work_for(tmp_path, registry, is_lost=lambda: True)

    assert failed(source_ecr.perform(work)).message == "The work was given up."


def test_a_look_finds_the_digest_of_the_tag(tmp_path, registry):
    digest = registry.push("team/shop", "latest")

    assert look_at(tmp_path, registry) == Found(revision=digest)
    absent = look_at(tmp_path, registry, configuration={"ImageTag": "absent"})
    assert isinstance(absent, Absent)
    assert "Push team/shop:absent" in absent.why


def test_a_token_from_an_address_without_encryption_is_not_asked_for():
    """Whose password would travel in the clear."""
    asking = registries._Asking(
        registries.Registry(host="registry.example.com", username="ada", password=SECRET),
        "shop",
        1e12,
        lambda: False,
    )

    with pytest.raises(registries.Denied, match="without encryption"):
        asking._authorization('Bearer realm="http://tokens.example.com/"')


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("localhost:5000", "http://localhost:5000"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("registry.example.com", "https://registry.example.com"),
        ("10.0.0.1:5000", "https://10.0.0.1:5000"),
    ],
)
def test_only_a_registry_of_this_machine_is_asked_without_encryption(host, url):
    assert registries.Registry(host=host).url == url
