"""The page of one action execution, and its log."""

from datetime import timedelta

import pytest
from django.utils import timezone

from console.present.log import FIRST_BYTES, READ_LIMIT, last_part, part_from, plain
from pipelines import places, stages
from pipelines.core.action_types import ActionType, ActionTypeId, ConfigurationKey
from pipelines.core.statuses import RetryMode, StopMode
from pipelines.models import ActionExecution, Lease
from pipelines.providers import Dispatch, registered
from pipelines.providers.contract import Waiting
from tests.definitions import action as an_action
from tests.definitions import approval, commands, source, stage
from tests.engine_room import ALICE, uuid_of_nothing

PIPELINE = "/codesuite/codepipeline/pipelines/website"
POLL = {"HX-Request": "true"}
CODE = {"Code": "website/Code/x7Gt0aQ"}


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    return tmp_path


@pytest.fixture
def building(engine_room):
    """An execution whose action Compile is being worked on."""
    compile_ = commands("Compile", "make <all>", namespace="Build", outputs=["Site"])
    execution = engine_room.create(
        stages=[stage("Source", source(namespace="Source")), stage("Build", compile_)]
    )
    engine_room.succeed("Fetch", artifacts=CODE, output_variables={"CommitId": "434ee9d6"})
    engine_room.settle()
    return execution


def run_of(execution, name):
    return execution.action_executions.filter(action_name=name).latest("started_at")


def url(action):
    return f"{PIPELINE}/executions/{action.execution_id}/actions/{action.pk}"


def page(client, action):
    answer = client.get(url(action))
    assert answer.status_code == 200
    return answer.content.decode()


def take(action, *, expires_in=timedelta(minutes=5)):
    now = timezone.now()
    return Lease.objects.create(
        action=action, holder="host-1:4711:abc", taken_at=now, expires_at=now + expires_in
    )


def release(lease, outcome):
    lease.released_at, lease.outcome = timezone.now(), outcome
    lease.save()


def write(action, content):
    log = places.log_of(action.pk)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(content if isinstance(content, bytes) else content.encode())


def poll(client, action, start=0, **more):
    return client.get(f"{url(action)}/log", {"from": start, **more}, headers=POLL)


def test_it_shows_what_was_done_and_with_what(signed_in, building):
    fetch = run_of(building, "Fetch")
    store = places.artifacts() / CODE["Code"]
    store.parent.mkdir(parents=True)
    store.write_bytes(b"x" * 2048)

    text = page(signed_in, fetch)

    assert "Succeeded" in text
    assert "AWS CodeCommit" in text
    assert str(fetch.pk) in text
    assert "RepositoryName" in text
    assert "434ee9d6" in text
    assert CODE["Code"] in text
    assert "2.0\xa0KB" in text


def test_commands_are_shown_escaped(signed_in, building):
    assert "make &lt;all&gt;" in page(signed_in, run_of(building, "Compile"))


def test_a_live_action_tells_who_works_on_it_and_when_it_times_out(signed_in, building):
    run = run_of(building, "Compile")
    assert "Waiting for a free worker" in page(signed_in, run)

    take(run)

    text = page(signed_in, run)
    assert "host-1, process 4711" in text
    assert "Times out" in text
    assert 'hx-trigger="every 2s, live:refresh"' in text


def test_an_error_is_shown_with_its_code(signed_in, engine_room, building):
    run = run_of(building, "Compile")
    ActionExecution.objects.filter(pk=run.pk).update(summary="Half <done>")
    engine_room.fail("Compile")

    text = page(signed_in, run)

    assert "JobFailed" in text
    assert "No." in text
    assert 'hx-trigger="every 30s, live:refresh"' in text


def test_work_left_behind_is_told_until_it_ends_and_how(signed_in, engine_room, building):
    run = run_of(building, "Compile")
    lease = take(run)
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()

    answer = signed_in.get(url(run))
    assert "This work was left behind" in answer.content.decode()
    assert answer.context["goes_on"]
    assert answer.context["every"] == "every 2s"

    release(lease, "Failed: exit <1>")

    ended = signed_in.get(url(run))
    assert "Its work ended later" in ended.content.decode()
    assert "Failed: exit &lt;1&gt;" in ended.content.decode()
    assert not ended.context["goes_on"]


def test_a_worker_that_was_lost_is_told(signed_in, building):
    run = run_of(building, "Compile")
    take(run, expires_in=timedelta(seconds=-1))

    assert "not heard of again" in page(signed_in, run)


def test_an_earlier_attempt_is_marked(signed_in, engine_room, building):
    run = run_of(building, "Compile")
    engine_room.fail("Compile")
    engine_room.settle()
    stages.retry("website", "Build", building.pk, mode=RetryMode.FAILED_ACTIONS, by=ALICE)

    assert "Earlier attempt" in page(signed_in, run)


def test_an_approval_leads_to_its_review_and_has_no_log(signed_in, engine_room):
    execution = engine_room.create(stages=[stage("Source", source()), stage("Ask", approval())])
    engine_room.succeed("Fetch")
    engine_room.settle()

    text = page(signed_in, run_of(execution, "Ask"))

    assert "Waiting for approval" in text
    assert f'href="{PIPELINE}/stages/Ask/actions/Ask/review?next=' in text
    assert 'id="log"' not in text


def test_secret_configuration_is_masked(signed_in, engine_room):
    vault = ActionType(
        id=ActionTypeId("Source", "Custom", "Vault", "1"),
        label="Vault",
        input_artifacts=range(1),
        output_artifacts=range(2),
        configuration={"Token": ConfigurationKey(secret=True), "Path": ConfigurationKey()},
    )
    with registered(vault, lambda _: Waiting(), Dispatch.WORKER):
        configured = {"Token": "hunter2", "Path": "a/b"}
        fetch = an_action("Fetch", vault.id, outputs=["Code"], configuration=configured)
        execution = engine_room.create(stages=[stage("Source", fetch), stage("Ask", approval())])

        text = page(signed_in, run_of(execution, "Fetch"))

    assert "hunter2" not in text
    assert text.count("****") == 2
    assert "a/b" in text


def test_an_address_that_is_not_of_the_web_is_no_link(signed_in, building):
    run = run_of(building, "Fetch")
    ActionExecution.objects.filter(pk=run.pk).update(
        external_execution_id="id-1", external_execution_url="javascript:alert(1)"
    )

    text = page(signed_in, run)

    assert "id-1" in text
    assert "javascript:" not in text


def test_an_action_of_a_type_that_is_unknown_here_is_shown(signed_in, engine_room):
    gone = ActionType(
        id=ActionTypeId("Source", "Custom", "Gone", "1"),
        label="Gone by now",
        input_artifacts=range(1),
        output_artifacts=range(2),
    )
    with registered(gone, lambda _: Waiting(), Dispatch.WORKER):
        fetch = an_action("Fetch", gone.id, outputs=["Code"])
        execution = engine_room.create(stages=[stage("Source", fetch), stage("Ask", approval())])

    assert "Gone in stage Source" in page(signed_in, run_of(execution, "Fetch"))


def test_an_unchanged_poll_is_one_query_and_a_204(
    signed_in, building, django_assert_max_num_queries
):
    run = run_of(building, "Compile")
    revision = signed_in.get(url(run)).context["revision"]

    with django_assert_max_num_queries(3):
        answer = signed_in.get(url(run), {"rev": revision}, headers=POLL)

    assert answer.status_code == 204


def test_a_changed_poll_is_the_region_without_the_log(signed_in, engine_room, building):
    run = run_of(building, "Compile")
    write(run, "a line\n")
    seen = signed_in.get(url(run)).context
    engine_room.succeed("Compile")

    answer = signed_in.get(
        url(run), {"rev": seen["revision"], "shown": seen["shown"]}, headers=POLL
    )

    text = answer.content.decode()
    assert text.lstrip().startswith("<section")
    assert "a line" not in text
    assert ">Compile: Succeeded.</p>" in text
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_costs_a_constant_number_of_queries(
    signed_in, building, django_assert_num_queries
):
    run = run_of(building, "Compile")
    page(signed_in, run)

    # session, user, revision, pipeline, execution, action, policy
    with django_assert_num_queries(7):
        page(signed_in, run)


def test_without_a_log_the_page_says_so_and_goes_on_asking(signed_in, building):
    text = page(signed_in, run_of(building, "Compile"))

    assert "There is no log yet." in text
    assert 'hx-trigger="every 1s, live:refresh"' in text


def test_the_log_is_followed_line_by_line(signed_in, building):
    run = run_of(building, "Compile")
    take(run)
    write(run, "one\ntwo <b>\nthr")

    first = signed_in.get(url(run)).context["part"]
    assert (first.text, first.unfinished, first.next_offset) == ("one\ntwo <b>\n", "thr", 12)

    write(run, "one\ntwo <b>\nthree\nfour\n")
    answer = poll(signed_in, run, first.next_offset, seen=first.size)

    text = answer.content.decode()
    assert text.startswith("<span data-part>three\nfour\n</span>")
    assert "from=23&amp;seen=23" in text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_poll_without_news_is_a_204(signed_in, building):
    run = run_of(building, "Compile")
    write(run, "one\nunfin")

    assert poll(signed_in, run, 4, seen=9).status_code == 204
    assert poll(signed_in, run, 4, seen=8).status_code == 200
    assert poll(signed_in, run_of(building, "Compile"), "x", seen="²").status_code == 200


def test_the_log_ends_with_the_work(signed_in, engine_room, building):
    run = run_of(building, "Compile")
    lease = take(run)
    write(run, "one\nlast")
    engine_room.succeed("Compile")
    assert "hx-get" in poll(signed_in, run).content.decode()

    release(lease, "Succeeded")

    text = poll(signed_in, run, 4, seen=8).content.decode()
    assert "last" in text
    assert "hx-get" not in text


def test_an_action_that_never_wrote_says_so_at_its_end(signed_in, engine_room, building):
    run = run_of(building, "Compile")
    engine_room.succeed("Compile")

    assert "This action wrote no log." in poll(signed_in, run).content.decode()


def test_a_long_rest_is_sent_in_parts_even_after_the_end(signed_in, engine_room, building):
    run = run_of(building, "Compile")
    engine_room.succeed("Compile")
    write(run, ("x" * 99 + "\n") * 5000)

    first = poll(signed_in, run).context["part"]
    assert len(first.text) <= READ_LIMIT
    assert poll(signed_in, run).context["goes_on"]

    second = poll(signed_in, run, first.next_offset)
    assert len(first.text) + len(second.context["part"].text) == 500_000
    assert not second.context["goes_on"]


def test_who_is_far_behind_catches_up_while_the_log_stands_still(signed_in, building):
    run = run_of(building, "Compile")
    write(run, ("x" * 99 + "\n") * 5000)

    first = poll(signed_in, run).context["part"]
    second = poll(signed_in, run, first.next_offset, seen=first.end)

    assert second.status_code == 200
    assert second.context["part"].reaches_end


def test_without_htmx_the_log_is_a_place_on_the_page(signed_in, building):
    run = run_of(building, "Compile")

    assert signed_in.get(f"{url(run)}/log").url == f"{url(run)}#log"


def test_the_raw_log_is_plain_text(signed_in, building):
    run = run_of(building, "Compile")
    none = signed_in.get(f"{url(run)}/log", {"raw": 1})
    assert (none.status_code, none.content) == (404, b"There is no log yet.\n")

    write(run, b"<script>\x1b[31m\xff" * 20_000)
    answer = signed_in.get(f"{url(run)}/log", {"raw": 1})

    assert b"".join(answer.streaming_content) == b"<script>\x1b[31m\xff" * 20_000
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Length"] == "280000"


def test_what_does_not_exist_is_not_found(signed_in, engine_room, building):
    run = run_of(building, "Compile")
    other = engine_room.create(
        stages=[stage("Source", source()), stage("Ask", approval())], name="o"
    )

    for path in ("", "/log"):
        assert signed_in.get(f"{url(run)}{path}".replace("website", "o")).status_code == 404
        nothing = url(run).replace(str(run.pk), str(uuid_of_nothing()))
        assert signed_in.get(f"{nothing}{path}").status_code == 404
        foreign = url(run).replace(str(building.pk), str(other.pk))
        assert signed_in.get(f"{foreign}{path}").status_code == 404


# The log as text.


def log_of(tmp_path, content):
    log = tmp_path / "log"
    log.write_bytes(content)
    return log


def test_a_page_begins_with_the_end_of_a_long_log_at_a_whole_line(tmp_path):
    log = log_of(tmp_path, b"first\n" + b"x" * FIRST_BYTES + b"\nlast\n")

    part = last_part(log)

    assert (part.text, part.begins_late, part.reaches_end) == ("last\n", True, True)


def test_a_character_is_never_cut(tmp_path):
    log = log_of(tmp_path, "é€🚧".encode() * 60_000)
    text, offset = "", 0
    while offset < log.stat().st_size:
        part = part_from(log, offset)
        assert part.next_offset > offset or part.reaches_end
        text, offset = text + part.text, part.next_offset
        if part.reaches_end:
            text, offset = text + part.unfinished, part.end

    assert text == "é€🚧" * 60_000
    assert "\ufffd" not in part_from(log, 1).text
    assert last_part(log_of(tmp_path, b"5 \xe2\x82")).unfinished == "5 "


@pytest.mark.parametrize("end", [b"\xff" * 5, b"a\x80\x80\x80\x80", b"\xe2\x82", b"\xf0\x9f\x9a"])
def test_bytes_that_are_no_characters_do_no_harm(tmp_path, end):
    log = log_of(tmp_path, b"x" * (READ_LIMIT - len(end)) + end)

    part = part_from(log, 0)

    assert part.next_offset >= READ_LIMIT - 3


def test_invalid_bytes_are_replaced_from_the_first_on(tmp_path):
    assert last_part(log_of(tmp_path, b"\x80\xff ok\n")).text == "\ufffd\ufffd ok\n"


def test_an_offset_beyond_the_end_gives_nothing(tmp_path):
    part = part_from(log_of(tmp_path, b"one\n"), 10**15)

    assert (part.text, part.unfinished, part.next_offset) == ("", "", 4)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\x1b[1;31mred\x1b[0m\n", "red\n"),
        (b"\x1b]0;title\x07text\x1b[2K\n", "text\n"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n", "link\n"),
        (b"\x1b(Bplain\x1b=\x1b7\n", "plain\n"),
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b" 10%\r 50%\r100%\n", "100%\n"),
        (b" 10%\r 50%\r", " 50%"),
        (b"a\x00b\x08c\td\n", "abc\td\n"),
        (b"lonely \x1b[", "lonely ["),
    ],
)
def test_a_terminals_tricks_are_taken_out(raw, text):
    assert plain(raw) == text
