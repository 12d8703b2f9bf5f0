"""Access keys in a real browser: the dialog, the secret that is shown once, and copying it."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

URL = "/codesuite/settings/access-keys"


def test_a_key_is_made_in_a_dialog_copied_and_deleted(signed_in, penstock):
    page = signed_in
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=penstock.url)
    page.goto(f"{penstock.url}/codesuite/codepipeline/pipelines")
    page.locator("summary[aria-label=Settings]").click()
    page.get_by_role("link", name="Access keys").first.click()

    page.get_by_role("link", name="Create access key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Description").fill("Of the browser")
    dialog.get_by_role("button", name="Create").click()

    expect(page.get_by_role("heading", name="Access key created")).to_be_visible()
    page.get_by_role("button", name="Copy In a shell").click()
    expect(page.locator("#announcer")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"export AWS_ENDPOINT_URL_CODEPIPELINE={penstock.url}\n" in copied
    key_id = copied.partition("AWS_ACCESS_KEY_ID=")[2].split("\n")[0]
    assert copied == page.get_by_role("region", name="In a shell").inner_text()

    page.get_by_role("link", name="Done").click()
    row = page.get_by_role("row", name=key_id)
    expect(row).to_contain_text("Of the browser")
    expect(row).to_contain_text("Never")
    row.get_by_role("link", name=f"Delete {key_id}").click()
    expect(dialog).to_contain_text("This cannot be undone")
    dialog.get_by_role("button", name="Delete").click()

    expect(page.get_by_text(f"Access key {key_id} is deleted.").first).to_be_visible()
    expect(row).to_have_count(0)
    assert page.url == f"{penstock.url}{URL}"
