"""A walk over every URL: who may come in, what a GET leaves alone, and what each answer carries."""

from datetime import UTC, datetime

import pytest
from django.urls import URLResolver, get_resolver, reverse

from pipelines import (
    access,
    access_keys,
    connections,
    deployment_groups,
    event_targets,
    functions,
    git,
    instances,
    outbox,
    people,
    places,
    projects,
    topics,
    transitions,
    webhooks,
)
from pipelines.core.rights import Role
from pipelines.core.statuses import StopMode
from tests.definitions import approval, commands, rule, source, stage, when
from tests.engine_room import ALICE
from tests.stored import everything_stored

# Home leads to the list only; the API and the hooks look at signatures: tests/api.
FOR_MACHINES = {"healthz", "readyz", "api", "webhook-address", "connection-address"}
OPEN_TO_ALL = {"home", "sign-in", *FOR_MACHINES}
DOWNLOADS = {"action-artifact"}
LEADS_ON = {"home", "sign-in", "action-log", "connection-redirect"}  # to another page
POST_ONLY = {
    "sign-out",
    "theme",
    "event-target-deliver-again",
    "renew-connection-hook",
    "close-connection-hook",
}
POLL = {"HX-Request": "true", "HX-Current-URL": "http://testserver/"}


def routes(resolver, before=()):
    """Every route's name and the names of its parameters."""
    for entry in resolver.url_patterns:
        parameters = (*before, *entry.pattern.converters)
        if isinstance(entry, URLResolver):
            yield from routes(entry, parameters)
        else:
            yield entry.name, parameters


ROUTES = dict(routes(get_resolver()))
GUARDED = sorted(ROUTES.keys() - OPEN_TO_ALL)
PAGES = sorted(ROUTES.keys() - FOR_MACHINES - POST_ONLY - LEADS_ON - DOWNLOADS)


@pytest.fixture
def commit_id(settings, tmp_path):
    """The first commit of a repository of Penstock's own."""
    settings.PENSTOCK_HOME = tmp_path
    repository = places.repositories() / "website.git"
    git.init_bare(repository)
    return git.commit_files(
        repository,
        "main",
        {"a": git.File(content="a\n")},
        message="First",
        author=("Ana", "ana@example.com"),
        at=datetime(2026, 11, 23, tzinfo=UTC),
    )


@pytest.fixture
def execution(engine_room, commit_id):
    """Of a pipeline in which a bit of everything is going on."""
    ask = [commands("Lint"), approval("Ask")]
    check = {
        "Variable": "#{codepipeline.PipelineExecutionId}",
        "Operator": "NE",
        "Value": "nothing",
    }
    build = stage("Build", *ask, before_entry=when("FAIL", rule(configuration=check)))
    execution = engine_room.create(stages=[stage("Source", source()), build])
    transitions.disable("website", "Build", reason="Not yet", by=ALICE)
    engine_room.succeed("Fetch", artifacts={"Code": "website/Code/x7Gt0aQ"})
    engine_room.settle()
    transitions.enable("website", "Build", by=ALICE)
    engine_room.settle()
    engine_room.fail("Lint")
    stopped = engine_room.start()
    engine_room.stop(stopped, StopMode.ABANDON, reason="No")
    engine_room.settle()
    return execution


@pytest.fixture
def registered(execution):
    """What is managed beside pipelines, one of each, by the names of the parameters."""
    projects.create("website", projects.Settings(), by=ALICE)
    connected = connections.create(
        connections.Settings(name="work", base_url="https://git.example.com"), by=ALICE
    )
    instances.create("web-1", instances.Settings(), by=ALICE)
    tagged = deployment_groups.Settings(tag_key="Name")
    deployment_groups.create("shop/web", tagged, by=ALICE)
    functions.create("tide", functions.Settings("http://127.0.0.1:9/tide"), by=ALICE)
    topics.create("approvals", topics.Settings(email="ana@example.com"), by=ALICE)
    target = event_targets.create(
        "chat", event_targets.Settings(url="http://127.0.0.1:9/secret-path"), by=ALICE
    )
    outbox.spread()
    webhooks.put(
        {
            "name": "push",
            "targetPipeline": "website",
            "targetAction": "Fetch",
            "filters": [],
            "authentication": "UNAUTHENTICATED",
            "authenticationConfiguration": {},
        },
        by=ALICE,
    )
    return {
        "project": "website",
        "connection_id": connected.pk,
        "instance": "web-1",
        "deployment_group": "shop/web",
        "topic": "approvals",
        "function": "tide",
        "target": "chat",
        "webhook": "push",
        "delivery": target.pk,
    }


@pytest.fixture
def world(execution, commit_id, registered):
    """Values for every parameter."""
    people.create("zoe", password="", roles=[Role.ADMIN], by=access.root())
    access_key_id, _ = access_keys.create("zoe", by=access.root())
    return {
        **registered,
        "token": "nothing",
        "access_key_id": access_key_id,
        "username": "zoe",
        "name": "website",
        "stage": "Build",
        "kind": "beforeEntry",
        "action": "Ask",
        "artifact": "Code",
        "execution_id": execution.pk,
        "action_id": execution.action_executions.get(action_name="Ask").pk,
        "repository": "website",
        "commit_id": commit_id,
        "asked": "CodePipeline_20150709/operation/ListPipelines",
    }


def url(route, world):
    return reverse(route, kwargs={name: world[name] for name in ROUTES[route]})


def test_the_walk_knows_what_is_open_to_all():
    assert ROUTES.keys() >= OPEN_TO_ALL | POST_ONLY | LEADS_ON


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("route", GUARDED)
def test_nobody_comes_in_without_signing_in(client, world, route, method):
    before = everything_stored()

    answer = getattr(client, method)(url(route, world))

    assert answer.status_code == 302
    assert answer.url.partition("?")[0] == "/sign-in"
    assert everything_stored() == before


@pytest.mark.parametrize("route", GUARDED)
def test_the_poll_of_who_is_signed_out_is_sent_to_sign_in(client, world, route):
    answer = client.get(url(route, world), headers=POLL)

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/sign-in")
    assert answer.content == b""


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("route", sorted(set(GUARDED) - POST_ONLY))
def test_who_has_no_role_sees_only_which_is_missing(client, world, alice, route, method):
    client.force_login(alice)
    before = everything_stored()

    address = url(route, world)
    answer = getattr(client, method)(address)

    assert answer.status_code == 403
    text = answer.content.decode().replace(address, "")
    assert "You are signed in as <bdi>alice</bdi>. To see pipelines you need the role" in text
    assert "Ask an administrator to give it to you: <b><bdi>zoe</bdi></b>" in text
    assert "website" not in text
    assert everything_stored() == before


@pytest.mark.parametrize("route", sorted(set(GUARDED) - POST_ONLY))
def test_the_poll_of_who_has_lost_every_role_has_the_page_ask_again(client, world, alice, route):
    client.force_login(alice)

    answer = client.get(url(route, world), headers=POLL)

    assert answer.status_code == 403
    assert answer.headers["HX-Refresh"] == "true"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content == b""


@pytest.fixture
def alice(django_user_model):
    """Somebody without any role."""
    return django_user_model.objects.create_user("alice")


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_looking_changes_nothing(signed_in, world, route):
    before = everything_stored()

    for headers in ({}, POLL):
        signed_in.get(url(route, world), headers=headers)
        signed_in.head(url(route, world), headers=headers)

    assert everything_stored() == before


@pytest.mark.parametrize("route", PAGES)
def test_every_page_is_there_and_protected(signed_in, world, route):
    answer = signed_in.get(url(route, world))

    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    text = answer.content.decode()
    assert "<h1" in text
    for inline in ("<script>", "<style", " style=", " onclick=", "javascript:", "hx-on"):
        assert inline not in text


@pytest.mark.parametrize("route", sorted(ROUTES.keys() - OPEN_TO_ALL - POST_ONLY - {"home"}))
def test_no_part_of_a_page_is_kept_by_the_browser(signed_in, world, route):
    answer = signed_in.get(url(route, world), headers=POLL)

    if "<html" not in answer.content.decode():
        assert answer.headers["Cache-Control"] == "no-store"
        assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize("route", sorted(POST_ONLY))
def test_what_changes_something_takes_a_post(signed_in, world, route):
    assert signed_in.get(url(route, world)).status_code == 405


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_a_form_of_another_site_is_refused(world, django_user_model, route):
    from django.test import Client  # noqa: PLC0415 - one that checks for forgery

    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(django_user_model.objects.create_user("alice"))
    before = everything_stored()

    answer = stranger.post(url(route, world))

    # 400: the API misses a target or a signature; 404: no webhook has that address
    assert answer.status_code in {400, 403, 404, 405}
    assert everything_stored() == before
