"""Everything that changes something works where no script runs."""

import pytest
from playwright.async_api import Page, expect

from app.security import links
from app.security.permissions import SYSTEM
from tests.browser.desk import Desk

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
STATUS = "select status from incident where id = $1"


@pytest.fixture
async def page(desk: Desk) -> Page:
    """A browser without a script, in which Ivan is signed in."""
    return await desk.visit("/incidents", "ivan", java_script_enabled=False)


async def press(page: Page, name: str) -> None:
    """Press the first button of this name in the page's own part."""
    await page.locator("main").get_by_role("button", name=name, exact=True).first.click()


async def follow(page: Page, name: str) -> None:
    """Follow the first link of this name in the page's own part."""
    await page.locator("main").get_by_role("link", name=name).first.click()


async def test_signing_in_and_out(desk: Desk) -> None:
    async with desk.database.unit_of_work() as work:
        key = await links.create_by_hand(work, SYSTEM, email="ivan@example.com", next_path="/activity")
    page = await (await desk.sit_down(None, java_script_enabled=False)).new_page()
    await page.goto(f"/sign-in/link?key={key}")

    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(f"{desk.whole.url}/activity")
    await page.locator(".account > summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.goto("/incidents")

    await expect(page).to_have_url(f"{desk.whole.url}/sign-in?next=%2Fincidents")


async def test_an_incident_from_declaration_to_its_end_and_back(desk: Desk, page: Page) -> None:
    await follow(page, "Declare an incident")
    await page.get_by_label("What is wrong").fill("Refund worker is stuck")
    await page.get_by_role("radio", name="S2").check()
    await press(page, "Declare and page")
    number = int(page.url.rsplit("/", 1)[1])
    await expect(page.locator(".toast")).to_have_text("Declared. The operator is paged.")

    await press(page, "Acknowledge")
    await press(page, "Mark mitigated")
    await press(page, "Resolve")
    assert await desk.ask(STATUS, number) == "resolved"
    await page.get_by_label("More actions").click()
    await follow(page, "Reopen")
    await page.get_by_label("Reason").fill("It is stuck again")
    await press(page, "Reopen and page")

    assert await desk.ask(STATUS, number) == "triggered"


async def test_escalating_and_changing_the_severity(desk: Desk, page: Page) -> None:
    number = await desk.declare(severity="S2")
    await page.goto(f"/incidents/{number}")

    await follow(page, "Escalate")
    await press(page, "Page now")
    await follow(page, "Severity")
    await page.get_by_role("radio", name="S3").check()
    await page.get_by_label("Why").fill("Only the test shop")
    await press(page, "Change severity")

    assert await desk.ask("select severity from incident where id = $1", number) == "S3"
    assert await desk.ask("select count(*) from page where incident_id = $1", number) == 2


async def test_assigning_a_role_and_writing_a_note(desk: Desk, page: Page) -> None:
    number = await desk.declare()
    await page.goto(f"/incidents/{number}")

    await follow(page, "Assign")
    await page.get_by_label("Who").select_option("Paula Reyes")
    await page.get_by_role("radio", name="Scribe").check()
    await press(page, "Assign")
    await page.locator("#text").fill("Rolled back.")
    await press(page, "Post")

    await expect(page.locator("#response")).to_contain_text("Paula Reyes")
    await expect(page.locator("#entries")).to_contain_text("Rolled back.")


async def test_cancelling(desk: Desk, page: Page) -> None:
    number = await desk.declare()
    await page.goto(f"/incidents/{number}")

    await page.get_by_label("More actions").click()
    await follow(page, "Cancel the incident")
    await page.get_by_label("Reason").fill("A drill")
    await press(page, "Cancel the incident")

    assert await desk.ask(STATUS, number) == "canceled"


async def test_who_is_second_learns_who_was_first(desk: Desk, page: Page) -> None:
    number = await desk.declare()
    await page.goto(f"/incidents/{number}")
    other = await desk.visit(f"/incidents/{number}", java_script_enabled=False)
    await press(other, "Acknowledge")

    await press(page, "Acknowledge")

    await expect(page.locator(".toast")).to_contain_text("Olive Okafor was faster")


async def test_filtering_and_searching(desk: Desk, page: Page) -> None:
    number = await desk.declare("Zebra crossing is out of order")

    await page.locator("#text").fill("zebra")
    await press(page, "Filter")
    await expect(page.locator("#open")).to_contain_text("Zebra crossing")
    await page.get_by_role("link", name="Search or jump to").click()
    await page.locator("main").get_by_role("searchbox").fill(f"OPS-{number}")
    await page.keyboard.press("Enter")
    await follow(page, "Zebra crossing")

    await expect(page).to_have_url(f"{desk.whole.url}/incidents/{number}")
