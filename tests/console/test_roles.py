"""What each role is offered on each page, and what is said to who tries it all the same."""

import re

import pytest
from django.contrib.auth.models import Group

from pipelines.core.rights import Role
from pipelines.core.statuses import StopMode
from tests.definitions import approval, commands, source, stage

BASE = "/codesuite/codepipeline/pipelines/website"
READ = (Role.READ,)
OPERATE = (Role.OPERATE,)
OPERATE_AND_ABANDON = (Role.OPERATE, Role.ABANDON)
READ_AND_ABANDON = (Role.READ, Role.ABANDON)
EDIT = (Role.EDIT,)
ADMIN = (Role.ADMIN,)
EVERY_ONE = [READ, OPERATE, OPERATE_AND_ABANDON, READ_AND_ABANDON, EDIT, ADMIN]
OPERATING = {OPERATE, OPERATE_AND_ABANDON, ADMIN}
ABANDONING = {OPERATE_AND_ABANDON, ADMIN}
SHORT = [stage("Source", source()), stage("Build", commands("Compile"))]


@pytest.fixture
def visit(client, django_user_model):
    """Sign in with these roles, and get the text of a page."""

    def sign_in(roles):
        user = django_user_model.objects.create_user("mateo")
        user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
        client.force_login(user)
        return lambda path, **how: client.get(f"{BASE}{path}", **how)

    return sign_in


@pytest.fixture
def running(engine_room):
    """An approval waits, Deploy is closed, and a later execution has failed in Build."""
    engine_room.create(
        stages=[
            stage("Source", source()),
            stage("Build", commands("Compile")),
            stage("Ask", approval("Approve")),
            stage("Deploy", commands("Publish")),
        ]
    )
    engine_room.fetch()
    engine_room.settle()
    engine_room.succeed("Compile")
    engine_room.settle()
    engine_room.disable("Deploy")
    later = engine_room.start()
    engine_room.fetch()
    engine_room.settle()
    engine_room.fail("Compile")
    engine_room.settle()
    return later


@pytest.fixture
def stopping(engine_room):
    """An execution that has been told to stop and wait."""
    execution = engine_room.create(stages=SHORT)
    engine_room.stop(execution, StopMode.WAIT)
    return execution


def controls(answer):
    """The ids of what can be pressed, and of what is drawn as not to be pressed."""
    text = answer.content.decode()
    shown = set(re.findall(r'<a [^>]*\bid="([^"]+)"', text))
    closed = set(re.findall(r'<button [^>]*\bid="([^"]+)"[^>]*aria-disabled="true"', text))
    return shown, closed


@pytest.mark.parametrize("roles", EVERY_ONE)
def test_the_pipelines_page(visit, running, roles):
    shown, closed = controls(visit(roles)("/view"))

    operating = {
        "stop-execution",
        "release-change",
        "retry-Build",
        "review-action-Ask-Approve",
        "disable-Build",
        "disable-Ask",
        "enable-Inbound-Deploy",
    }
    headers = {"stop-execution", "release-change"}
    if roles in OPERATING:
        assert operating <= shown
        assert not headers & closed
    else:
        assert not operating & shown
        assert headers <= closed
        assert "retry-Build" not in closed


@pytest.mark.parametrize("roles", EVERY_ONE)
def test_the_history_page(visit, running, roles):
    shown, closed = controls(visit(roles)("/executions"))

    rows = {name for name in shown if name.startswith(("stop-", "retry-", "abandon-"))}
    if roles in OPERATING:
        assert {name.partition("-")[0] for name in rows - {"stop-execution"}} == {"stop", "retry"}
    else:
        assert not rows
        assert {"stop-execution", "release-change"} <= closed


@pytest.mark.parametrize("roles", EVERY_ONE)
def test_the_change_of_mind(visit, stopping, roles):
    """Stop and abandon, of what is stopping already, on three pages."""
    get = visit(roles)

    pipeline = get("/view").content.decode()
    shown, _ = controls(get("/executions"))
    details = get(f"/executions/{stopping.pk}/timeline")

    is_offered = roles in ABANDONING
    assert (">Stop and abandon</a>" in pipeline) is is_offered
    assert (f"abandon-{stopping.pk}" in shown) is is_offered
    assert ("stop-execution" in controls(details)[0]) is is_offered
    assert ("stop-execution" in controls(details)[1]) is not is_offered


@pytest.mark.parametrize("roles", EVERY_ONE)
@pytest.mark.parametrize("tab", ["timeline", "visualization", "revisions", "artifacts"])
def test_the_execution_page(visit, engine_room, roles, tab):
    execution = engine_room.create(stages=SHORT)

    shown, closed = controls(visit(roles)(f"/executions/{execution.pk}/{tab}"))

    assert ("stop-execution" in shown) is (roles in OPERATING)
    assert ("stop-execution" in closed) is (roles not in OPERATING)
    if tab == "visualization":
        assert ("stop-stage-Source" in shown) is (roles in OPERATING)


@pytest.mark.parametrize("roles", EVERY_ONE)
def test_the_action_page(visit, engine_room, roles):
    execution = engine_room.create(
        stages=[stage("Source", source()), stage("Ask", approval("Approve"))]
    )
    engine_room.fetch()
    engine_room.settle()
    action = engine_room.live("Approve")

    shown, _ = controls(visit(roles)(f"/executions/{execution.pk}/actions/{action.pk}"))

    assert ("review" in shown) is (roles in OPERATING)


@pytest.mark.parametrize("roles", EVERY_ONE)
def test_the_stop_page(visit, engine_room, roles):
    engine_room.create(stages=SHORT)
    get = visit(roles)

    text = get("/stop-execution", data={"mode": "abandon"}).content.decode()

    [abandon] = re.findall(r'<input [^>]*id="mode-abandon"[^>]*>', text)
    assert ("disabled" in abandon) is (roles not in ABANDONING)
    assert ("checked" in abandon) is (roles in ABANDONING)
    assert ('type="submit" name="csrfmiddlewaretoken"' in text) is (roles in OPERATING)
    assert ("You can look, but not stop" in text) is (roles not in OPERATING)
    assert ('id="hold"' in text) is (roles in OPERATING)
    if roles == OPERATE:
        assert "You need the role “abandon” for this." in text


@pytest.mark.parametrize("roles", [OPERATE, OPERATE_AND_ABANDON])
def test_the_stop_page_of_what_is_stopping_already(visit, stopping, roles):
    page = visit(roles)("/stop-execution").context["page"]

    assert page.can_stop is (roles in ABANDONING)
    assert page.mode is (StopMode.ABANDON if roles in ABANDONING else StopMode.WAIT)
    assert ("You can still abandon them" in page.wait_refusal) is (roles in ABANDONING)


# Addresses that nobody is offered, and forms that somebody forges

DIALOGS = {
    "/release": {"token": "t"},
    "/stages/Build/retry": {"execution": "later", "mode": "FAILED_ACTIONS"},
    "/stages/Ask/actions/Approve/review": {"token": "asked", "status": "Approved"},
    "/stages/Build/transition/disable": {"reason": "No"},
    "/stages/Deploy/transition/enable": {"side": "Inbound"},
}


@pytest.mark.parametrize("path", DIALOGS)
def test_who_may_not_do_it_is_told_instead_of_asked(visit, running, path):
    get = visit(READ)

    for how in ({}, {"headers": {"HX-Request": "true"}}):
        answer = get(path, **how)

        assert answer.status_code == 403
        text = answer.content.decode()
        assert "You need the role “operate” for this." in text
        assert 'type="submit"' not in text.partition('id="dialog-title"')[2]


@pytest.mark.parametrize("path", DIALOGS)
def test_a_forged_form_is_refused_in_words_and_changes_nothing(
    visit, client, running, engine_room, path
):
    visit(READ)
    values = {"later": str(running.pk), "asked": engine_room.live("Approve").token}
    fields = {name: values.get(value, value) for name, value in DIALOGS[path].items()}
    before = engine_room.digest()

    answer = client.post(f"{BASE}{path}", fields)

    assert answer.status_code == 403
    assert "user/mateo is not authorized to perform: codepipeline:" in answer.content.decode()
    assert engine_room.digest() == before


@pytest.mark.parametrize(
    ("roles", "mode", "operation"),
    [
        (READ, "wait", "StopPipelineExecution"),
        (READ_AND_ABANDON, "abandon", "StopPipelineExecution"),
        (OPERATE, "abandon", "AbandonPipelineExecution"),
    ],
)
def test_a_forged_stop_is_refused_in_words_and_stops_nothing(
    visit, client, engine_room, roles, mode, operation
):
    execution = engine_room.create(stages=SHORT)
    page = visit(roles)("/stop-execution").context["page"]
    fields = {
        "execution": execution.pk,
        "mode": mode,
        "seen": page.preview.seen,
        "previewed": execution.pk,
    }
    before = engine_room.digest()

    answer = client.post(f"{BASE}/stop-execution", fields)

    assert answer.status_code == 403
    text = answer.content.decode()
    assert "Nothing was stopped" in text
    assert f"is not authorized to perform: codepipeline:{operation}" in text
    assert engine_room.digest() == before


def test_who_may_can(visit, client, running, engine_room):
    visit(OPERATE)

    answer = client.post(f"{BASE}/stages/Build/transition/disable", {"reason": "No"})

    assert answer.status_code == 303
    assert engine_room.stage("Build").inbound_changed_by.endswith("user/mateo")


@pytest.mark.parametrize("roles", EVERY_ONE)
def test_only_an_admin_is_led_to_the_people(visit, engine_room, roles):
    engine_room.create(stages=SHORT)

    text = visit(roles)("/view").content.decode()

    assert "/codesuite/settings/access-keys" in text
    assert ("/codesuite/settings/people" in text) is (roles == ADMIN)


@pytest.mark.parametrize("roles", [(Role.WORK,), (Role.ABANDON,), (Role.WORK, Role.ABANDON)])
def test_who_cannot_read_is_told_which_roles_he_has(visit, engine_room, roles):
    engine_room.create(stages=SHORT)

    answer = visit(roles)("/view")

    assert answer.status_code == 403
    listed = "” and “".join(sorted(roles))
    assert f"with the role{'s' * (len(roles) > 1)} “{listed}”" in answer.content.decode()


def test_where_nobody_administers_the_command_is_named(visit, engine_room, django_user_model):
    engine_room.create(stages=SHORT)

    text = visit(())("/view").content.decode()

    assert "manage.py users roles" in text


def test_roles_cost_one_query_on_a_page(
    visit, engine_room, django_assert_max_num_queries, signed_in
):
    engine_room.create(stages=SHORT)
    with django_assert_max_num_queries(50) as as_superuser:
        signed_in.get(f"{BASE}/view")
    get = visit(OPERATE)

    with django_assert_max_num_queries(50) as with_roles:
        get("/view")

    assert len(with_roles) == len(as_superuser) + 1
