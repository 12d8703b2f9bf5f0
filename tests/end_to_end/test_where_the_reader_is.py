"""Where a reader finds himself: after a refusal, after going back, with a tall preview."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PIPELINES = "/codesuite/codepipeline/pipelines"
PRODUCTION = f"{PIPELINES}/website-production"
# Before htmx reads the page: polls that would bring news by themselves come too late to matter.
POLL_HARDLY_EVER = """
document.addEventListener('DOMContentLoaded', () => {
  for (const region of document.querySelectorAll('[data-live]')) {
    const trigger = region.getAttribute('hx-trigger').replace(/every \\d+s/, 'every 60m');
    region.setAttribute('hx-trigger', trigger);
  }
});
"""
GROW = "preview => preview.append(Object.assign(document.createElement('canvas'), {height: 900}))"


@pytest.fixture
def stop_page(signed_in, penstock):
    """The Stop page of website-production, of which an execution waits for its approval."""
    page = signed_in
    page.goto(f"{penstock.url}{PRODUCTION}/view")
    expect(page.get_by_role("link", name="Review").first).to_be_visible()
    page.goto(f"{penstock.url}{PRODUCTION}/stop-execution")
    expect(page.locator("#impact-Review")).to_be_visible()
    return page


def test_one_character_too_many_is_one_and_the_reader_is_taken_to_it(stop_page):
    comments = stop_page.get_by_label("Comments")

    comments.fill("🎉" * 201)
    expect(stop_page.locator("[data-count-of]")).to_have_text("1 character too many")
    stop_page.locator("#stop-form").evaluate("form => { form.noValidate = true }")
    stop_page.get_by_role("button", name="Stop", exact=True).click()

    expect(stop_page.locator("main")).to_contain_text("At most 200 characters are allowed")
    expect(comments).to_be_focused()


def test_after_a_refusal_the_reader_is_taken_to_its_words(stop_page):
    stop_page.locator("#seen").evaluate("field => { field.remove() }")
    stop_page.get_by_role("button", name="Stop", exact=True).click()

    expect(stop_page.locator(".cs-flash--warning")).to_contain_text("Nothing was stopped yet")
    expect(stop_page.locator(".cs-flash--warning")).to_be_focused()


def test_the_buttons_stand_under_the_form_however_tall_the_preview_is(stop_page):
    stop_page.set_viewport_size({"width": 1440, "height": 900})
    stop_page.locator("#impact").evaluate(GROW)

    form = stop_page.locator("#stop-form > section").bounding_box()
    buttons = stop_page.locator("#stop-buttons").bounding_box()

    assert buttons["y"] - (form["y"] + form["height"]) == pytest.approx(20, abs=1)


def test_going_back_shows_the_present(page, signed_in, penstock):
    page.add_init_script(POLL_HARDLY_EVER)
    page.goto(f"{penstock.url}{PIPELINES}/website-quick/executions")
    rows = page.locator("tbody tr")
    before = rows.count()
    page.get_by_role("link", name="Pipeline", exact=True).click()
    page.get_by_role("link", name="Release change").click()
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.locator(".cs-flash--success")).to_be_visible()

    page.go_back()
    page.go_back()

    expect(rows).to_have_count(before + 1)
