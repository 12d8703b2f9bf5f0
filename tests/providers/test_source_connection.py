"""Sources through a connection: real repositories behind git's own server, and what goes wrong."""

import json
import os
import zipfile
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines import artifacts, git
from pipelines.core.action_types import ActionTypeId
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import FailureCode
from pipelines.providers import commands, source_connection, source_github
from pipelines.providers.contract import (
    Absent,
    Failed,
    Found,
    Look,
    Revision,
    Succeeded,
    Unseen,
)
from pipelines.providers.git_hosts import Host
from pipelines.remotes import Credential, RemoteError
from tests.git_host import git_host, make_repository, push
from tests.providers.work import OUTPUT, log_of, make_site, make_work

ARN = (
    "arn:aws:codestar-connections:us-east-1:123456789012:connection"
    "/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
)
SECRET = "hunter2-is-secret"
CONFIGURATION = {"ConnectionArn": ARN, "FullRepositoryId": "acme/site", "BranchName": "main"}
GITHUB = {"Owner": "acme", "Repo": "site", "Branch": "main", "OAuthToken": SECRET}


@pytest.fixture
def host(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    with git_host(root) as running:
        yield running


def connected(base_url, **credential):
    host = Host(
        base_url=base_url,
        called="the connection work",
        provider_type="GitLab",
        credential=Credential(**credential),
    )
    return lambda arn: host if arn == ARN else None


def work_for(tmp_path, connection, *, site=None, **changes):
    configuration = {**CONFIGURATION, **changes.pop("configuration", {})}
    return make_work(
        tmp_path,
        configuration=configuration,
        output_artifacts=OUTPUT,
        site=make_site(tmp_path, connection=connection, **(site or {})),
        **changes,
    )


def failed(outcome):
    assert isinstance(outcome, Failed), outcome
    return outcome


def succeeded(outcome) -> Succeeded:
    assert isinstance(outcome, Succeeded), outcome
    return outcome


def revision_of(outcome) -> Revision:
    revision = succeeded(outcome).revision
    assert revision is not None
    return revision


def test_the_newest_commit_is_the_artifact_and_the_revision(host, tmp_path):
    make_repository(host.root)
    commit = push(host.root / "acme/site.git", index="hello again\n", message="Say\n\nmore")
    host.user = ("ada", SECRET)
    work = work_for(tmp_path, connected(host.url, username="ada", password=SECRET))

    outcome = source_connection.perform(work)

    assert isinstance(outcome, Succeeded)
    with zipfile.ZipFile(succeeded(outcome).artifacts["Output"]) as archive:
        assert archive.read("index") == b"hello again\n"
    assert outcome.output_variables == {
        "AuthorDate": "2026-11-23T14:22:10Z",
        "BranchName": "main",
        "CommitId": commit,
        "CommitMessage": "Say\n\nmore",
        "ConnectionArn": ARN,
        "FullRepositoryName": "acme/site",
    }
    assert revision_of(outcome).id == outcome.external_execution_id == commit
    assert revision_of(outcome).summary == "Say\n\nmore"
    link = urlsplit(revision_of(outcome).url)
    assert link.path == "/codesuite/settings/connections/redirect"
    assert parse_qs(link.query)["Commit"] == [commit]
    assert commit in log_of(work)
    assert SECRET not in log_of(work)


def test_a_host_that_wants_no_suffix_is_asked_without_it(tmp_path):
    bare = tmp_path / "root/acme/site"
    git.init_bare(bare)
    commit = push(bare, index="x")
    with git_host(tmp_path / "root") as host:
        outcome = source_connection.perform(work_for(tmp_path, connected(host.url)))

    assert revision_of(outcome).id == commit


def test_a_path_has_no_page_to_link_to(tmp_path):
    commit = make_repository(tmp_path / "root")

    outcome = source_connection.perform(work_for(tmp_path, connected(str(tmp_path / "root"))))

    assert (revision_of(outcome).id, revision_of(outcome).url) == (commit, "")


def test_a_commit_that_is_asked_for_is_taken_in_place_of_the_newest(host, tmp_path):
    first = make_repository(host.root)
    push(host.root / "acme/site.git", index="hello again\n")
    overrides = {RevisionType.COMMIT_ID: first}

    outcome = source_connection.perform(
        work_for(tmp_path, connected(host.url), overrides=overrides)
    )

    assert revision_of(outcome).id == succeeded(outcome).output_variables["CommitId"] == first
    with zipfile.ZipFile(succeeded(outcome).artifacts["Output"]) as archive:
        assert archive.read("index") == b"hello\n"


@pytest.mark.parametrize("asked_for", ["0" * 40, "main", "x" * 1500])
def test_a_commit_that_is_not_there_is_unavailable(host, tmp_path, asked_for):
    make_repository(host.root)
    overrides = {RevisionType.COMMIT_ID: asked_for}

    outcome = failed(
        source_connection.perform(work_for(tmp_path, connected(host.url), overrides=overrides))
    )

    assert outcome.code is FailureCode.REVISION_UNAVAILABLE
    assert "Start the pipeline with the full id of a commit that is there." in outcome.message


@pytest.mark.parametrize(
    ("changes", "code", "expected"),
    [
        ({"ConnectionArn": f"{ARN[:-1]}f"}, "ConfigurationError", "There is no connection arn:"),
        ({"FullRepositoryId": "acme/absent"}, "ConfigurationError", "Looked for acme/absent at"),
        ({"FullRepositoryId": "../site"}, "ConfigurationError", "not the id of a repository"),
        ({"FullRepositoryId": "-x/site"}, "ConfigurationError", "not the id of a repository"),
        (
            {"BranchName": "absent"},
            "ConfigurationError",
            "[GitLab] No Branch [absent] found for FullRepositoryName [acme/site].",
        ),
        ({"BranchName": "--upload-pack=x"}, "ConfigurationError", "No Branch [--upload-pack=x]"),
    ],
)
def test_what_cannot_be_found_says_what_to_change(host, tmp_path, changes, code, expected):
    make_repository(host.root)

    outcome = failed(
        source_connection.perform(work_for(tmp_path, connected(host.url), configuration=changes))
    )

    assert outcome.code == code
    assert expected in outcome.message


def test_a_repository_that_needs_another_password(host, tmp_path):
    make_repository(host.root)
    host.user = ("ada", SECRET)
    work = work_for(tmp_path, connected(host.url, username="ada", password="wrong-one"))

    outcome = failed(source_connection.perform(work))

    assert outcome.code is FailureCode.PERMISSION_ERROR
    assert outcome.message == (
        "The host denied access. Give the connection work a credential that may read acme/site."
    )
    assert "wrong-one" not in log_of(work)


def test_a_repository_over_the_limit(host, tmp_path):
    make_repository(host.root, noise=os.urandom(400_000).hex())
    work = work_for(tmp_path, connected(host.url), site={"source_limit": 100_000})

    outcome = failed(source_connection.perform(work))

    assert "more than 100000 bytes" in outcome.message
    assert "PENSTOCK_SOURCE_LIMIT_BYTES" in outcome.message


def test_a_host_that_lies(host, tmp_path):
    host.answers = b"<html>Welcome</html>"

    outcome = failed(source_connection.perform(work_for(tmp_path, connected(host.url))))

    assert "\n" not in outcome.message


def test_work_that_is_lost_is_given_up(host, tmp_path):
    host.hangs = True
    work = work_for(tmp_path, connected(host.url), is_lost=lambda: bool(host.asked))

    outcome = failed(source_connection.perform(work))

    assert outcome.code is FailureCode.SYSTEM_UNAVAILABLE


# A reference that a build clones


def test_a_reference_is_cloned_by_the_commands_that_use_it(host, tmp_path):
    first = make_repository(host.root)
    commit = push(host.root / "acme/site.git", index="hello again\n")
    host.user = ("ada", SECRET)
    connection = connected(host.url, username="ada", password=SECRET)
    full = {"OutputArtifactFormat": "CODEBUILD_CLONE_REF"}
    source = tmp_path / "source"
    source.mkdir()
    made = source_connection.perform(work_for(source, connection, configuration=full))

    reference = succeeded(made).artifacts["Output"]
    assert json.loads(reference.read_text())["clone_reference"]["commit_id"] == commit
    assert SECRET not in reference.read_text()

    work = make_work(
        tmp_path,
        site=make_site(tmp_path, connection=connection),
        commands=("git log --format=%H", "cat index", "git config --list", "env"),
        input_artifacts={"Code": reference},
        clone_references=frozenset({"Code"}),
    )
    assert isinstance(commands.perform(work), Succeeded)
    lines = log_of(work).splitlines()
    assert lines.index(commit) == lines.index(first) - 1
    assert "hello again" in lines
    assert SECRET not in log_of(work)


def test_a_reference_is_no_use_to_who_wants_files(host, tmp_path):
    make_repository(host.root)
    full = {"OutputArtifactFormat": "CODEBUILD_CLONE_REF"}
    made = source_connection.perform(work_for(tmp_path, connected(host.url), configuration=full))

    with pytest.raises(artifacts.UnsafeZip, match="only CodeBuild and Commands actions can clone"):
        artifacts.unpack(succeeded(made).artifacts["Output"], tmp_path / "folder")


def test_a_reference_to_what_cannot_be_a_repository_says_so(tmp_path):
    reference = tmp_path / "reference"
    said = {"repository": "../x", "branch": "main", "connection_arn": "", "commit_id": "0" * 40}
    reference.write_text(json.dumps({"clone_reference": said}))
    work = make_work(
        tmp_path,
        commands=("ls",),
        input_artifacts={"Code": reference},
        clone_references=frozenset({"Code"}),
    )

    assert "not the id of a repository" in failed(commands.perform(work)).message


def test_a_reference_whose_connection_is_gone_says_so(host, tmp_path):
    make_repository(host.root)
    full = {"OutputArtifactFormat": "CODEBUILD_CLONE_REF"}
    source = tmp_path / "source"
    source.mkdir()
    made = source_connection.perform(work_for(source, connected(host.url), configuration=full))

    work = make_work(
        tmp_path,
        commands=("ls",),
        input_artifacts={"Code": succeeded(made).artifacts["Output"]},
        clone_references=frozenset({"Code"}),
    )
    outcome = failed(commands.perform(work))

    assert f"There is no connection {ARN} any more." in outcome.message


def test_what_only_looks_like_a_reference_is_no_zip_file(tmp_path):
    reference = tmp_path / "object"
    reference.write_text('{"repository": "x", "branch": "main", "commit_id": "0"}')
    work = make_work(tmp_path, commands=("ls",), input_artifacts={"Code": reference})

    assert "It is not a zip file" in failed(commands.perform(work)).message


# GitHub, version 1


def github_work(tmp_path, url, **changes):
    return make_work(
        tmp_path,
        type_id=ActionTypeId("Source", "ThirdParty", "GitHub", "1"),
        configuration={**GITHUB, **changes.pop("configuration", {})},
        output_artifacts=OUTPUT,
        site=make_site(tmp_path, github_url=url),
        **changes,
    )


def test_github_is_asked_with_the_token_of_the_action(host, tmp_path):
    commit = make_repository(host.root)
    host.user = ("x-access-token", SECRET)
    work = github_work(tmp_path, host.url)

    outcome = source_github.perform(work)

    assert isinstance(outcome, Succeeded)
    page = f"{host.url}/acme/site/commit/{commit}"
    assert outcome.output_variables == {
        "AuthorDate": "2026-11-23T14:22:10Z",
        "BranchName": "main",
        "CommitId": commit,
        "CommitMessage": "Change index\n\nIn detail.",
        "CommitterDate": "2026-11-23T14:22:10Z",
        "CommitUrl": page,
        "RepositoryName": "site",
    }
    assert revision_of(outcome).url == page
    assert SECRET not in log_of(work)


def test_github_with_a_token_that_it_does_not_know(host, tmp_path):
    make_repository(host.root)
    host.user = ("x-access-token", "another")

    outcome = failed(source_github.perform(github_work(tmp_path, host.url)))

    assert outcome.code is FailureCode.PERMISSION_ERROR
    assert outcome.message.endswith("Give the action a credential that may read acme/site.")
    assert SECRET not in outcome.message


# Looking for changes


def look_at(tmp_path, connection, **configuration):
    site = make_site(tmp_path, connection=connection)
    return source_connection.latest_revision(
        Look(site=site, configuration={**CONFIGURATION, **configuration}, seconds=20)
    )


def test_a_look_finds_the_newest_commit(host, tmp_path):
    commit = make_repository(host.root)

    assert look_at(tmp_path, connected(host.url)) == Found(revision=commit)


def test_a_look_at_a_branch_that_is_not_there_is_an_answer(host, tmp_path):
    make_repository(host.root)

    absent = look_at(tmp_path, connected(host.url), BranchName="absent")

    assert isinstance(absent, Absent)
    assert "No Branch [absent] found" in absent.why


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"FullRepositoryId": "acme/absent"}, "Looked for acme/absent"),
        ({"FullRepositoryId": "../site"}, "not the id of a repository"),
        ({"ConnectionArn": "arn:aws:none"}, "There is no connection"),
    ],
)
def test_a_look_that_is_no_answer_says_why(host, tmp_path, configuration, expected):
    make_repository(host.root)

    unseen = look_at(tmp_path, connected(host.url), **configuration)

    assert isinstance(unseen, Unseen)
    assert expected in unseen.why


def test_a_reference_whose_host_is_gone_says_so(host, tmp_path):
    make_repository(host.root)
    full = {"OutputArtifactFormat": "CODEBUILD_CLONE_REF"}
    source = tmp_path / "source"
    source.mkdir()
    made = source_connection.perform(work_for(source, connected(host.url), configuration=full))

    work = make_work(
        tmp_path,
        site=make_site(tmp_path, connection=connected("http://127.0.0.1:9")),
        commands=("ls",),
        input_artifacts={"Code": succeeded(made).artifacts["Output"]},
        clone_references=frozenset({"Code"}),
    )
    outcome = failed(commands.perform(work))

    assert "http://127.0.0.1:9 cannot be reached" in outcome.message


def test_what_git_says_of_something_unheard_of_is_repeated():
    host = Host(base_url="https://git.example.com", called="the connection work")

    told = host.what_to_do(RemoteError("Git says: oh."), "acme/site")

    assert told == "acme/site at https://git.example.com cannot be read. Git says: oh."
