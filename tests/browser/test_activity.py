"""The activity page: from a spike to its minute, to an incident, to a threshold, with a script or without."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from app.activity import counting
from tests.browser.desk import Desk

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
TELL = """
    insert into activity_event (stream, kind, summary, occurred_at, recorded_at, payload, value)
    select $1, 'checkout.completed', 'Paid ' || back, date_bin('1 minute', clock_timestamp(), 'epoch')
           - make_interval(mins => back), clock_timestamp(), '{}', case back when 7 then 90 else 10 end
      from generate_series(1, 100) as back
"""
THRESHOLD = "select threshold from activity_stream where name = $1"


async def counted(desk: Desk, stream: str) -> str:
    """A stream with a hundred minutes, one of which is a spike."""
    await desk.ask(TELL, stream)
    async with desk.database.unit_of_work() as work:
        await counting.fold(work)
    return stream


async def test_a_spike_leads_to_its_minute_and_to_an_incident(desk: Desk) -> None:
    stream = await counted(desk, "spiky")
    page = await desk.visit(f"/activity?stream={stream}")
    await page.locator("html[data-ready]").wait_for()

    await page.locator(".hits a").filter(has_text=": 90").click()
    await expect(page.locator("#rows > li[id^=a-]")).to_have_text(re.compile("Paid 7"))
    await page.keyboard.press("i")

    await expect(page.get_by_label("What is wrong")).to_have_value(re.compile("^Spiky"))
    await expect(page.get_by_label("Why this severity")).to_have_value(re.compile("too little history"))


async def test_a_threshold_says_what_it_would_have_done_while_it_is_typed(desk: Desk) -> None:
    stream = await counted(desk, "typed")
    page = await desk.visit(f"/activity?stream={stream}")
    await page.locator("html[data-ready]").wait_for()
    await page.keyboard.press("t")
    dialog = page.locator("#dialog")

    await dialog.get_by_label("Bad news").check()
    await dialog.get_by_label("Threshold, a minute").fill("20")
    await expect(dialog.locator("#preview")).to_contain_text("would have fired once in the last 30 days")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.locator(".summary, :invalid").first).to_be_visible()
    await dialog.get_by_label("Why").fill("A spike of that size is a fault")
    await dialog.get_by_role("button", name="Save").click()

    await expect(page.locator("#trend .legend")).to_contain_text("threshold")
    assert await desk.ask(THRESHOLD, stream) == 20


async def test_everything_of_it_works_without_a_script(desk: Desk) -> None:
    stream = await counted(desk, "plain")
    page = await desk.visit(f"/activity?stream={stream}", java_script_enabled=False)

    await page.get_by_text("Show as table").click()
    spike = page.get_by_role("cell", name="90", exact=True)
    await page.locator("#numbers tr").filter(has=spike).get_by_role("link").click()
    await expect(page.locator("#rows > li[id^=a-]")).to_have_text(re.compile("Paid 7"))
    await page.get_by_role("link", name="Threshold").click()
    await page.get_by_label("Threshold, a minute").fill("5")
    await press(page, "Try it first")
    await expect(page.locator("#preview")).to_contain_text("would have fired")
    await page.get_by_label("Why").fill("Below that nobody buys")
    await press(page, "Save")

    await expect(page.locator(".toast")).to_have_text("Saved.")
    assert await desk.ask(THRESHOLD, stream) == 5


async def press(page: Page, name: str) -> None:
    await page.locator("main").get_by_role("button", name=name).click()


async def test_the_feed_and_its_line_stay_live(desk: Desk) -> None:
    page = await desk.visit("/activity")
    await page.locator("html[data-link=live]").wait_for()

    number = await desk.declare("Checkout is down")

    await expect(page.locator("#feed")).to_contain_text(f"OPS-{number}: Checkout is down")
