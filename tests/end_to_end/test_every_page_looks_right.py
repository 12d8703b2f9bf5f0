"""Every page in light and dark, wide and narrow: accessible, not too wide, no complaints."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.end_to_end.conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PRODUCTION = "/codesuite/codepipeline/pipelines/website-production"


@pytest.fixture
def pages(signed_in, penstock):
    """The address of one page of each kind; an execution waits for its approval."""
    page = signed_in
    page.goto(f"{penstock.url}{PRODUCTION}/view")
    expect(page.get_by_role("link", name="Review", exact=False).first).to_be_visible()
    execution = page.locator(".cp-stage__exec a").first.get_attribute("href")
    details = page.get_by_role("link", name="View details of Compile").get_attribute("href")
    commit = page.locator(".cp-stage__foot a").first.get_attribute("href")
    return [
        "/codesuite/codepipeline/pipelines",
        "/codesuite/codepipeline/pipeline/new",
        "/codesuite/codepipeline/pipeline/new?template=codecommit",
        f"{PRODUCTION}/edit",
        f"{PRODUCTION}/delete",
        f"{PRODUCTION}/view",
        f"{PRODUCTION}/view?view=vertical",
        f"{PRODUCTION}/executions",
        f"{PRODUCTION}/stop-execution",
        f"{PRODUCTION}/stop-execution?mode=abandon",
        f"{PRODUCTION}/release",
        f"{PRODUCTION}/stages/Approve/actions/Review/review",
        f"{PRODUCTION}/stages/Build/transition/disable",
        "/codesuite/codebuild/projects",
        "/codesuite/codebuild/project/new",
        "/codesuite/codedeploy/on-premises-instances",
        "/codesuite/codedeploy/on-premises-instances/new",
        "/codesuite/codedeploy/deployment-groups/new",
        "/codesuite/sns/topics/new",
        "/codesuite/lambda/functions/new",
        execution,
        execution.replace("/timeline", "/visualization"),
        execution.replace("/timeline", "/revisions"),
        execution.replace("/timeline", "/artifacts"),
        details,
        commit.removeprefix(penstock.url),
        "/codesuite/settings/access-keys",
        "/codesuite/settings/access-keys?user=*",
        "/codesuite/settings/access-keys/create",
        "/codesuite/settings/connections",
        "/codesuite/settings/connections/create",
        "/codesuite/settings/events",
        "/codesuite/settings/event-targets",
        "/codesuite/settings/event-target/new",
        "/codesuite/settings/webhooks",
        "/codesuite/settings/connect",
        "/codesuite/settings/connect?client=terraform",
        "/codesuite/settings/people",
        "/codesuite/settings/people/create",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_has_a_fault(browser, pages, penstock, scheme, width):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=penstock.url
    )
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, penstock)

    faults = {address: faults_of(page, address) for address in pages}

    context.close()
    assert {address: found for address, found in faults.items() if found} == {}
    assert complaints == []


def faults_of(page, address):
    page.goto(address)
    found = [
        f"{violation['id']}: {violation['nodes'][0]['html']}"
        for violation in Axe().run(page).response["violations"]
    ]
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found + ([f"{overflow} px too wide"] if overflow > 0 else [])
