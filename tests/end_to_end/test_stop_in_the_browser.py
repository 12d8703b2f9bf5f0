"""The seed's procedure, step by step, in a real browser on a running Penstock."""

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.end_to_end.gate import Gate
from tests.end_to_end.installation import PIPELINES, Visitor, stop_everything

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PIPELINE = f"{PIPELINES}/website-release"


@pytest.fixture(scope="session")
def the_gate(penstock):
    return Gate(penstock.home)


@pytest.fixture
def gate(the_gate):
    """Closed when the test begins, and open when it ends: nothing is left running."""
    the_gate.close()
    yield the_gate
    the_gate.open()


@pytest.fixture
def browser_page(signed_in, penstock, gate):
    """Signed in, with the only execution of website-release in its SoakTest."""
    page = signed_in
    stop_everything(Visitor(penstock), PIPELINE)
    page.goto(penstock.url + PIPELINE + "/view")
    page.get_by_role("link", name="Release change").click()
    page.get_by_role("button", name="Release", exact=True).click()
    expect(soak_test(page)).to_contain_text("In progress")
    # Those beside it have ended: else the stage may move on under whoever is about to stop it.
    expect(stage(page, "Build")).to_contain_text("Succeeded: 3")
    return page


@contextmanager
def another_page(page, path):
    """A second tab of the same person."""
    with page.context.new_page() as other:
        other.goto(f"{page.url.partition(PIPELINE)[0]}{PIPELINE}/{path}")
        yield other


def stage(page, name):
    return page.locator(".cp-stage").filter(has=page.get_by_role("heading", name=name))


def soak_test(page):
    return page.locator(".cp-action").filter(has_text="SoakTest")


def execution_id(page):
    return stage(page, "Build").locator(".cp-stage__exec a").inner_text()


def banner(page):
    return page.locator("#stop-banner")


def choose(page, mode, *, comments=""):
    expect(page.get_by_role("heading", name="Stop execution", level=1)).to_be_visible()
    page.get_by_label(mode).check()
    page.get_by_label("Comments").fill(comments)
    page.get_by_role("button", name="Stop", exact=True).click()


def test_stop_and_wait_from_the_pipeline_page(browser_page, gate):
    page = browser_page
    stopped = execution_id(page)

    page.get_by_role("link", name="Stop execution", exact=True).click()
    expect(page.get_by_label("Select execution")).to_have_value(stopped)
    choose(page, "Stop and wait", comments="Wrong commit on main")

    expect(page).to_have_url(re.compile(re.escape(PIPELINE) + r"/view\?"))
    expect(banner(page)).to_contain_text(f"Stop requested for execution {stopped}")
    expect(stage(page, "Build")).to_contain_text("Stopping")
    expect(soak_test(page)).to_contain_text("In progress")
    expect(page.locator("main")).to_contain_text("“Wrong commit on main”")

    gate.open()

    expect(banner(page)).to_contain_text(f"Execution {stopped} is stopped")
    expect(stage(page, "Build")).to_contain_text("Stopped")
    expect(soak_test(page)).to_contain_text("Succeeded")
    expect(page.locator(".cp-action").filter(has_text="Package")).to_contain_text("Didn't run")

    page.locator("#dismiss-stop-banner").click()
    expect(banner(page)).to_be_hidden()


def test_stop_and_abandon_from_the_history_page(browser_page, penstock):
    page = browser_page
    stopped = execution_id(page)
    page.get_by_role("link", name="View history").click()

    page.get_by_role("link", name="Stop execution", exact=True).click()
    choose(page, "Stop and abandon", comments="<b>Bug</b> fix 🐛")

    expect(page).to_have_url(re.compile(re.escape(PIPELINE) + r"/executions\?"))
    row = page.locator("tr").filter(has_text=stopped[:8])
    expect(row).to_contain_text("Stopped")
    expect(row).to_contain_text("“<b>Bug</b> fix 🐛”")
    expect(row).to_contain_text("alice")
    expect(banner(page)).to_contain_text("SoakTest was abandoned")


def test_a_change_of_mind_from_the_execution_page(browser_page, penstock):
    page = browser_page
    stage(page, "Build").locator(".cp-stage__exec a").click()
    expect(page).to_have_url(re.compile(r"/executions/[0-9a-f-]{36}/timeline"))
    execution_page = page.url

    page.get_by_role("link", name="Stop execution", exact=True).click()
    choose(page, "Stop and wait")
    expect(page.locator("main")).to_contain_text("Stopping")

    page.get_by_role("link", name="Stop and abandon").first.click()
    expect(page.get_by_label("Stop and wait")).to_be_disabled()
    choose(page, "Stop and abandon", comments="Cannot wait")

    page.goto(execution_page)
    expect(page.locator("main")).to_contain_text("Stopped")
    expect(page.locator("main")).to_contain_text("Abandoned")
    expect(page.locator("main")).to_contain_text("Cannot wait")


def test_a_retry_after_an_abandoned_stop_goes_to_the_end(browser_page, gate):
    page = browser_page
    stopped = execution_id(page)
    page.get_by_role("link", name="Stop execution", exact=True).click()
    choose(page, "Stop and abandon")
    expect(stage(page, "Build")).to_contain_text("Stopped")
    expect(soak_test(page)).to_contain_text("Abandoned")
    gate.open()

    stage(page, "Build").get_by_role("link", name="Retry Build").click()
    page.get_by_role("button", name="Retry", exact=True).click()

    expect(stage(page, "Staging")).to_contain_text(stopped)
    expect(stage(page, "Staging")).to_contain_text("All actions succeeded.")
    expect(soak_test(page)).to_contain_text("Succeeded")


def test_a_held_stage_lets_nobody_in_until_it_is_enabled(browser_page, penstock):
    page = browser_page
    first = execution_id(page)
    page.get_by_role("link", name="Release change").click()
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.locator("#inbound-Build")).to_be_visible()

    page.goto(f"{penstock.url}{PIPELINE}/stop-execution?execution={first}&mode=abandon")
    page.locator("#hold").check()
    choose(page, "Stop and abandon")
    expect(stage(page, "Build")).to_contain_text("Stopped")
    expect(page.get_by_role("link", name="Enable transition")).to_be_visible()

    page.get_by_role("link", name="Enable transition").click()
    page.get_by_role("button", name="Enable", exact=True).click()

    expect(soak_test(page)).to_contain_text("In progress")
    assert execution_id(page) != first


def test_an_inbound_execution_is_stopped_from_where_it_waits(browser_page):
    page = browser_page
    page.get_by_role("link", name="Release change").click()
    page.get_by_role("button", name="Release", exact=True).click()
    inbound = page.locator("#inbound-Build")
    expect(inbound).to_be_visible()
    waiting = inbound.get_attribute("title").split()[-1]

    page.locator("#stop-inbound-Build").click()
    expect(page.get_by_label("Select execution")).to_have_value(waiting)
    choose(page, "Stop and wait")

    expect(banner(page)).to_contain_text(f"Execution {waiting} is stopped")
    expect(soak_test(page)).to_contain_text("In progress")


def test_a_page_that_is_out_of_date_asks_again(browser_page, gate):
    """Somebody else released a change, which would enter the stage: nobody has been told that."""
    page = browser_page
    page.get_by_role("link", name="Stop execution", exact=True).click()
    expect(page.get_by_role("heading", name="Impact preview")).to_be_visible()
    page.locator("[data-pause]").first.click()

    with another_page(page, "view") as other:
        other.get_by_role("link", name="Release change").click()
        other.get_by_role("button", name="Release", exact=True).click()
        expect(other.locator("#inbound-Build")).to_be_visible()
    choose(page, "Stop and abandon", comments="Too late")

    expect(page.locator("main")).to_contain_text("has moved on since this page was drawn")
    expect(page.get_by_label("Comments")).to_have_value("Too late")
    with another_page(page, "view") as other:
        expect(soak_test(other)).to_contain_text("In progress")


def test_an_execution_that_has_ended_meanwhile_is_not_stopped(browser_page, gate):
    page = browser_page
    ended = execution_id(page)
    page.get_by_role("link", name="Stop execution", exact=True).click()
    expect(page.get_by_role("heading", name="Impact preview")).to_be_visible()
    page.locator("[data-pause]").first.click()

    gate.open()
    with another_page(page, f"executions/{ended}/timeline") as other:
        status = other.locator("#summary dt:text-is('Status') + dd")
        expect(status).to_contain_text("Succeeded")
    choose(page, "Stop and abandon", comments="Too late")

    expect(page.locator("main")).to_contain_text("Nothing was stopped")
    expect(page.locator("main")).to_contain_text(f"'{ended}' cannot be stopped")


def test_without_scripts_everything_can_still_be_stopped(browser, browser_page, penstock):
    cookies = browser_page.context.cookies()
    stopped = execution_id(browser_page)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()

    page.goto(penstock.url + PIPELINE + "/view")
    page.get_by_role("link", name="Stop execution", exact=True).click()
    choose(page, "Stop and abandon", comments="No scripts here")

    expect(banner(page)).to_contain_text(stopped)
    expect(page).to_have_url(re.compile(r"/view\?"))
    context.close()
    expect(stage(browser_page, "Build")).to_contain_text("Stopped")
