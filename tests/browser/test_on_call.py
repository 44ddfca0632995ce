from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
COVERS = "select count(*) from on_call_cover where cancelled_at is null"


async def test_somebody_stands_in_by_two_clicks(desk: Desk) -> None:
    page = await desk.visit("/on-call", "ivan")
    before = await desk.ask(COVERS)

    await page.get_by_role("region", name="Incident commander").get_by_role("link", name="Stand in").click()
    await page.get_by_role("button", name="Put on call").click()

    await expect(page.locator(".toast")).to_contain_text("Done.")
    assert await desk.ask(COVERS) == before + 1


async def test_without_a_script_somebody_stands_in_and_is_called_off(desk: Desk) -> None:
    page = await desk.visit("/on-call", "ivan", java_script_enabled=False)
    before = await desk.ask(COVERS)

    await page.get_by_role("region", name="Incident commander").get_by_role("link", name="Stand in").click()
    await page.get_by_role("button", name="Put on call").click()
    during = await desk.ask(COVERS)
    await page.get_by_role("button", name="Call off").last.click()

    await expect(page.locator(".toast")).to_have_text("Called off.")
    assert (during, await desk.ask(COVERS)) == (before + 1, before)


async def test_a_calendars_address_is_shown_once(desk: Desk) -> None:
    page = await desk.visit("/on-call", "ivan", java_script_enabled=False)

    await page.get_by_role("button", name="Make one").first.click()
    address = await page.locator("#address").text_content()
    await page.get_by_role("link", name="I have kept the address").click()

    assert address is not None
    assert address.endswith(".ics")
    assert address not in await page.content()
    assert (await page.request.get(address)).status == 200
