"""Lists follow what happens and keep what was loaded and filtered."""

import pytest
from playwright.async_api import expect

from app.incidents import acknowledgement, resolution
from tests.browser.desk import SOMEBODY, Desk
from tests.browser.test_live import live

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def end(desk: Desk, number: int) -> None:
    """Answer an incident and resolve it."""
    async with desk.database.unit_of_work() as work:
        await acknowledgement.acknowledge(work, SOMEBODY, number, via="console")
        await resolution.resolve(work, SOMEBODY, number)


async def test_an_incident_that_ends_moves_from_open_to_history(desk: Desk) -> None:
    number = await desk.declare("Pelican shortage", severity="S3")
    page = await live(await desk.visit("/incidents?text=pelican"))
    await expect(page.locator("#open")).to_contain_text("Pelican shortage")
    await expect(page.locator("#history")).not_to_contain_text("Pelican shortage")

    await end(desk, number)

    await expect(page.locator("#history")).to_contain_text("Pelican shortage")
    await expect(page.locator("#open")).not_to_contain_text("Pelican shortage")


async def test_what_was_empty_fills_by_itself(desk: Desk) -> None:
    page = await live(await desk.visit("/incidents?text=heron"))
    await expect(page.locator("#open")).to_contain_text("No incident matches")

    await desk.declare("Heron shortage", severity="S3")

    await expect(page.locator("#open")).to_contain_text("Heron shortage")
    await expect(page.locator("#open")).not_to_contain_text("No incident matches")


async def test_a_name_finds_its_incident(desk: Desk) -> None:
    number = await desk.declare("Crane shortage", severity="S3")

    page = await desk.visit(f"/incidents?text=ops-{number}")

    await expect(page.locator("#open tbody tr")).to_have_count(1)
    await expect(page.locator("#open")).to_contain_text("Crane shortage")


async def test_loaded_rows_stay_when_the_feed_goes_on(own_desk: Desk) -> None:
    number = await own_desk.declare(severity="S3")
    for line in range(120):
        await own_desk.note(number, f"Line {line} of the log.")
    page = await live(await own_desk.visit("/activity"))
    await expect(page.get_by_text("Line 3 of the log.")).not_to_be_attached()
    await page.get_by_role("link", name="Load more").click()
    await expect(page.get_by_text("Line 3 of the log.")).to_be_attached()

    await own_desk.note(number, "Rolled back.")

    await expect(page.locator("#rows")).to_contain_text("Rolled back.")
    await expect(page.get_by_text("Line 3 of the log.")).to_be_attached()
    shown = await page.locator("[id^=a-]").count()
    assert shown == await own_desk.ask("select count(*) from activity_event")
