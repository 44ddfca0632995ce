"""Pages come back by themselves when the server, the queue or the session went away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.conftest import opened
from tests.browser.cord import Cord
from tests.browser.desk import Desk
from tests.browser.test_live import live
from tests.browser.watch import CUT
from tests.patience import patience

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
REVOKE = "update session set revoked_at = clock_timestamp() where person_id = $1"
CALM = "select count(*) = 1 from page where incident_id = $1 and confirmed_at is not null"
RESTART_MS = 15_000


@pytest.fixture
async def cord(engines: object, redis_url: str) -> AsyncIterator[Cord]:
    async with Cord(redis_url) as found:
        yield found


@pytest.fixture
async def queueless(browser: Browser, database_url: str, cord: Cord, tmp_path: Path) -> AsyncIterator[Desk]:
    """An Opsbook whose queue hangs on a cord."""
    async with opened(browser, database_url, cord.url, tmp_path) as desk:
        yield desk
        await desk.leave()


def state(page: Page) -> object:
    """Where the page says whether it is live."""
    return expect(page.locator("[data-link-state]"))


async def test_pages_recover_by_themselves_when_the_server_restarts(own_desk: Desk) -> None:
    number = await own_desk.declare()
    page = await live(await own_desk.visit(f"/incidents/{number}"))
    own_desk.expect(CUT, 503)

    own_desk.whole.processes["web-0"].kill()
    await expect(page.locator("[data-link-state]")).to_have_text("Reconnecting")
    await own_desk.note(number, "Written while the server was away.")

    await expect(page.locator("[data-link-state]")).to_have_text("Live", timeout=RESTART_MS)
    await expect(page.locator("#entries")).to_contain_text("while the server was away")


async def test_a_page_recovers_when_its_first_connection_was_refused(desk: Desk) -> None:
    number = await desk.declare()
    context = await desk.sit_down()
    desk.expect(503)
    page = await context.new_page()
    refusing = asyncio.Event()

    async def refuse(route: Route) -> None:
        refusing.set()
        await route.fulfill(status=503)

    await page.route("**/events", refuse)
    await page.goto(f"/incidents/{number}")
    await expect(page.locator("[data-link-state]")).to_have_text("Reconnecting")
    assert refusing.is_set()

    await page.unroute("**/events")

    await live(page)


async def test_pages_follow_by_polling_while_the_queue_is_away(queueless: Desk, cord: Cord) -> None:
    number = await queueless.declare(severity="S2")
    await queueless.until(CALM, number)
    page = await live(await queueless.visit(f"/incidents/{number}"))
    await expect(page.locator("#entries")).to_contain_text("PagerDuty shows the page")

    cord.cut()
    await queueless.note(number, "Without a queue.")

    await expect(page.locator("#entries")).to_contain_text("Without a queue.", timeout=2500 * patience())
    await expect(page.locator("[data-link-state]")).to_have_text("Live")


async def test_an_expired_session_keeps_what_was_typed_and_says_so(desk: Desk) -> None:
    number = await desk.declare()
    page = await live(await desk.visit(f"/incidents/{number}", "paula"))
    await page.locator("#text").fill("We have asked the acquirer.")
    desk.expect(401)
    await desk.ask(REVOKE, desk.ids["paula"])

    await page.get_by_role("button", name="Post").click()

    await expect(page.locator("#toasts")).to_contain_text("You are signed out. What you typed is still here.")
    await expect(page.locator("#text")).to_have_value("We have asked the acquirer.")
    assert await desk.ask("select count(*) from incident_event where text like 'We have asked%'") == 0


async def test_an_expired_session_leads_back_to_the_page_after_signing_in(desk: Desk) -> None:
    page = await desk.visit("/incidents?severity=S1", None)

    await expect(page).to_have_url(f"{desk.whole.url}/sign-in?next=%2Fincidents%3Fseverity%3DS1")


async def test_a_server_that_fails_changes_nothing_and_says_so(desk: Desk) -> None:
    number = await desk.declare()
    page = await desk.visit(f"/incidents/{number}")
    desk.expect(500)
    await page.route("**/timeline", lambda route: route.fulfill(status=500, body="broken"))
    await page.locator("#text").fill("We have asked the acquirer.")

    await page.get_by_role("button", name="Post").click()

    await expect(page.locator("#toasts")).to_contain_text("That did not work. Nothing was changed.")
    await expect(page.locator("#text")).to_have_value("We have asked the acquirer.")
