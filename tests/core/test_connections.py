"""Which addresses connections may have, and what is found below them."""

from uuid import UUID

import pytest

from pipelines.core.connections import (
    commit_page,
    connection_arn,
    connection_id_of,
    is_repository_id,
    read_base_url,
    repository_urls,
)
from pipelines.core.refusals import InvalidRequest

ID = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")


@pytest.mark.parametrize("service", ["codestar-connections", "codeconnections"])
def test_both_names_of_the_service_are_known(service):
    assert connection_id_of(f"arn:aws:{service}:eu-west-1:999999999999:connection/{ID}") == ID


@pytest.mark.parametrize(
    "arn",
    [
        "",
        str(ID),
        f"arn:aws:codepipeline:us-east-1:123456789012:connection/{ID}",
        f"arn:aws:codeconnections:us-east-1:123456789012:host/{ID}",
        f"arn:aws:codeconnections:us-east-1:123456789012:connection/{ID}x",
        f"arn:aws:codeconnections:us-east-1:1234:connection/{ID}",
    ],
)
def test_other_arns_are_of_no_connection(arn):
    assert connection_id_of(arn) is None


def test_an_arn_is_read_back():
    arn = connection_arn(region="us-east-1", account_id="123456789012", connection_id=ID)

    assert connection_id_of(arn) == ID


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" https://github.com/ ", "https://github.com"),
        ("http://127.0.0.1:3000/git", "http://127.0.0.1:3000/git"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("ssh://git@example.com:2222/srv", "ssh://git@example.com:2222/srv"),
        ("/srv/git with space", "/srv/git with space"),
        ("file:///srv/git/", "/srv/git"),
    ],
)
def test_an_address_is_kept_without_what_is_around_it(typed, kept):
    assert read_base_url(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "/",
        "srv/git",
        "/srv/../etc",
        "ext::sh -c id",
        "git://example.com",
        "https://",
        "https://-oProxyCommand=id",
        "ssh://-oProxyCommand=id/x",
        "ssh://-x@host/x",
        "https://example.com/a b",
        "https://example.com/?x",
        "https://exa\nmple.com",
        "file:///srv/%2e%2e",
        "https://example.com/" + "x" * 1024,
    ],
)
def test_what_cannot_be_an_address_is_refused(typed):
    with pytest.raises(InvalidRequest, match="Invalid base URL"):
        read_base_url(typed)


def test_a_password_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(InvalidRequest, match="fields of their own") as refusal:
        read_base_url("https://ada:hunter2@example.com")

    assert "hunter2" not in refusal.value.message


@pytest.mark.parametrize("full_id", ["acme/site", "a/b/c", "~ada/x.y", "site", ".github/x"])
def test_ids_of_repositories(full_id):
    assert is_repository_id(full_id)


@pytest.mark.parametrize(
    "full_id", ["", "/", "a//b", "a/", "/a", "a/..", "./a", "a b/c", "-a/b", "a/-b", "a/b\n", "é/b"]
)
def test_what_cannot_be_the_id_of_a_repository(full_id):
    assert not is_repository_id(full_id)
    with pytest.raises(InvalidRequest, match="not the id of a repository"):
        repository_urls("https://example.com", full_id)


def test_a_repository_is_looked_for_with_and_without_the_suffix():
    base = "https://example.com"

    assert repository_urls(base, "a/b") == (f"{base}/a/b.git", f"{base}/a/b")
    assert repository_urls(base, "a/b.git") == (f"{base}/a/b.git",)


@pytest.mark.parametrize(
    ("provider_type", "path"),
    [
        ("GitHub", "commit"),
        ("GitHubEnterpriseServer", "commit"),
        ("Git", "commit"),
        ("GitLab", "-/commit"),
        ("GitLabSelfManaged", "-/commit"),
        ("Bitbucket", "commits"),
    ],
)
def test_each_kind_of_host_shows_a_commit_at_its_own_place(provider_type, path):
    page = commit_page(provider_type, "https://example.com", "a/b.git", "abc")

    assert page == f"https://example.com/a/b/{path}/abc"


@pytest.mark.parametrize("base_url", ["/srv/git", "ssh://git@example.com"])
def test_where_no_browser_goes_there_is_no_page(base_url):
    assert commit_page("Git", base_url, "a/b", "abc") == ""
