"""What a sender sent and could not be read is looked at and replayed where no script runs."""

import pytest
from playwright.async_api import expect

from app.incidents import sources
from app.security.permissions import SYSTEM
from tests.browser.desk import Desk
from tests.browser.test_without_script import press

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
FAILS = """insert into failed_delivery (source_id, digest, content_type, headers, body, excerpt, error, times,
    received_at) values ($1, 'd', '', '[]', $2::bytea, $3, 'dedup_key is required.', 12, clock_timestamp())"""
BODY = '{"dedup_key": "disk", "summary": "The disk is full", "severity": "critical"}'


async def test_a_delivery_is_previewed_and_replayed(desk: Desk) -> None:
    async with desk.database.unit_of_work() as work:
        number, _ = await sources.add(work, SYSTEM, name="disk-probe", sends="json")
    await desk.ask(FAILS, number, BODY.encode(), BODY)
    page = await desk.visit("/admin", "ivan", java_script_enabled=False)

    await page.get_by_label("Choose what disk-probe sent").check()
    await press(page, "Preview")
    await expect(page.get_by_role("group", name="What they would make now")).to_contain_text("disk is full")
    assert await desk.ask("select count(*) from alert where source_id = $1", number) == 0
    await press(page, "Replay")

    await expect(page.locator(".toast")).to_contain_text("1 replayed.")
    assert await desk.ask("select count(*) from alert where source_id = $1", number) == 1
