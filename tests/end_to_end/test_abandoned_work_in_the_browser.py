"""Work that was left behind, in a real browser on a running Penstock: seen, warned of, ended."""

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.end_to_end.gate import Gate
from tests.end_to_end.installation import PIPELINES, Visitor, stop_everything
from tests.waiting import is_gone, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PIPELINE = f"{PIPELINES}/website-release"
SHOTS = os.environ.get("PENSTOCK_SHOTS")  # a folder, for who wants to look


@pytest.fixture
def abandoned(signed_in, penstock):
    """Signed in, with an abandoned SoakTest of website-release that goes on; and its gate."""
    page, gate = signed_in, Gate(penstock.home)
    stop_everything(Visitor(penstock), PIPELINE)
    page.goto(f"{penstock.url}{PIPELINE}/view")
    page.get_by_role("link", name="Release change").click()
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.locator(".cp-action").filter(has_text="SoakTest")).to_contain_text("In progress")
    expect(page.locator(".cp-stage").filter(has_text="SoakTest")).to_contain_text("Succeeded: 3")
    page.get_by_role("link", name="Stop execution", exact=True).click()
    page.get_by_label("Stop and abandon").check()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(left_behind(page)).to_be_visible()
    yield page
    gate.open()


def left_behind(page):
    return page.get_by_role("table", name="Work left behind")


def has_no_fault(page, name):
    """At any width, in light and dark."""
    for scheme in ("light", "dark"):
        for width in (1440, 390):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            violations = Axe().run(page).response["violations"]
            assert [each["id"] for each in violations] == []
            too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not page.evaluate(too_wide)
            if SHOTS:
                shot = Path(SHOTS) / f"{name}-{scheme}-{width}.png"
                page.screenshot(path=shot, full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})


def test_it_is_listed_warned_of_and_ended_with_its_processes(abandoned, penstock):
    page = abandoned
    row = left_behind(page).get_by_role("row").last  # an earlier test may have left some, too
    action_id = re.sub("^left-", "", row.get_attribute("id"))
    processes = penstock.working_on(action_id)
    assert processes
    has_no_fault(page, "pipeline")

    page.get_by_role("link", name="Release change").click()
    expect(page.get_by_role("dialog")).to_contain_text("Work that was left behind is still running")
    has_no_fault(page, "release")
    page.get_by_role("link", name="Cancel").click()

    row.get_by_role("link", name="SoakTest", exact=True).click()
    expect(page.locator("#left-behind")).to_contain_text("This work was left behind")
    expect(page.locator("#configuration")).to_contain_text("Its work is left running, as on AWS")
    has_no_fault(page, "action")

    page.get_by_role("link", name="Change", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("AWS never ends the work")
    has_no_fault(page, "policy")
    page.get_by_role("link", name="Cancel").click()

    page.get_by_role("link", name="End work", exact=False).click()
    expect(page.get_by_role("dialog")).to_contain_text("has been running on")
    has_no_fault(page, "end")
    page.get_by_role("button", name="End work").click()

    expect(page.locator("#late")).to_contain_text("Ended, as alice wanted.")
    expect(page.locator("#execution")).to_contain_text("Abandoned")
    wait_until(lambda: all(is_gone(process.pid) for process in processes))
    page.goto(f"{penstock.url}{PIPELINE}/view")
    expect(page.locator(f"#left-{action_id}")).to_have_count(0)
