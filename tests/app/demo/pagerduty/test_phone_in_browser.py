import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.app.demo.pagerduty.conftest import Enqueue
from tests.fakes.pagerduty import PagerDuty

CHROMIUM = os.environ.get("OPSBOOK_CHROMIUM") or shutil.which("chromium")
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture(params=[True, False], ids=["script", "no script"])
async def phones(request: pytest.FixtureRequest, pagerduty: PagerDuty) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = await browser.new_page(java_script_enabled=request.param)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(pagerduty.url)
        yield page
        await browser.close()
        assert complaints == []


async def test_phone_rings_while_one_looks_and_stops_when_answered(
    pagerduty: PagerDuty, phones: Page, enqueue: Enqueue
) -> None:
    await enqueue("trigger")
    await pagerduty.pages.expect(role="operator")
    phone = phones.locator("#phone-operator")

    await expect(phone.get_by_text("ringing")).to_be_visible()
    await phone.get_by_role("button", name="Acknowledge").click()

    await expect(phone.get_by_text("Acknowledged")).to_be_visible()
    await expect(phone.get_by_text("ringing")).not_to_be_visible()
    assert pagerduty.account.incidents[0].changed_by == pagerduty.account.people["operator"]
