"""Keys and the palette: nothing exists by keyboard alone, and no key fires where somebody writes."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import Desk

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
BOUND = """() => [...document.querySelectorAll("[data-key]")]
  .map(one => [one.dataset.key, one.checkVisibility()])"""
LISTED = """() => [...document.querySelectorAll("#keys dd")]
  .map(one => [...one.children].map(key => key.textContent.toLowerCase()).join(" "))"""
WAITING = "select status = 'triggered' from incident where id = $1"


async def opened(desk: Desk) -> tuple[Page, int]:
    """Open an incident that waits."""
    number = await desk.declare()
    page = await desk.visit(f"/incidents/{number}", "ivan")
    await page.locator("html[data-ready]").wait_for()
    return page, number


async def test_every_key_is_listed_and_has_a_visible_control(desk: Desk) -> None:
    page, _ = await opened(desk)
    bound = await page.evaluate(BOUND)

    await page.keyboard.press("?")

    listed = await page.evaluate(LISTED)
    assert [key for key, is_visible in bound if not is_visible] == []
    assert sorted(listed) == sorted(key for key, _ in bound)
    assert {"a", "s", "e", "u", "n", "?", "g i"} <= {key for key, _ in bound}


@pytest.mark.parametrize("keys", ["Control+a", "Meta+a", "Alt+a", "Shift+A"])
async def test_no_key_fires_with_a_modifier(desk: Desk, keys: str) -> None:
    page, number = await opened(desk)

    await page.keyboard.press(keys)

    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    assert await desk.ask(WAITING, number)


async def test_no_key_fires_in_a_field_or_a_dialog(desk: Desk) -> None:
    page, number = await opened(desk)

    await page.keyboard.press("n")
    await page.keyboard.type("a")
    await expect(page.locator("#text")).to_have_value("a")
    await page.locator("h1").first.click()
    await page.keyboard.press("?")
    await page.keyboard.press("a")

    await expect(page.locator("#keys")).to_be_visible()
    assert await desk.ask(WAITING, number)


async def test_g_and_a_letter_go_places_and_j_enter_opens_a_row(desk: Desk) -> None:
    page, _ = await opened(desk)

    await page.keyboard.press("g")
    await page.keyboard.press("i")
    await expect(page).to_have_url(f"{desk.whole.url}/incidents")
    await page.locator("html[data-ready]").wait_for()
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    second = await page.locator("[data-row]").nth(1).get_attribute("href")
    await page.keyboard.press("Enter")

    await expect(page).to_have_url(f"{desk.whole.url}{second}")


async def test_the_palette_goes_to_a_place_by_arrows(desk: Desk) -> None:
    page, _ = await opened(desk)

    await page.keyboard.press("Control+k")
    await page.keyboard.type("token")
    await expect(page.locator("#palette .results li")).to_have_count(1)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#palette input")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page).to_have_url(f"{desk.whole.url}/settings/tokens")


async def test_the_palette_jumps_to_a_number_however_quickly_it_is_typed(desk: Desk) -> None:
    number = await desk.declare("Refund worker is stuck")
    page = await desk.visit("/activity")
    await page.locator("html[data-ready]").wait_for()

    await page.keyboard.press("Meta+k")
    await page.keyboard.type(f"OPS-{number}")
    await page.keyboard.press("Enter")

    await expect(page).to_have_url(f"{desk.whole.url}/incidents/{number}")


async def test_the_palette_does_what_the_page_can_do(desk: Desk) -> None:
    page, _ = await opened(desk)

    await page.keyboard.press("Control+k")
    await page.keyboard.type("acknow")
    await page.keyboard.press("Enter")

    await expect(page.locator("#head .status").first).to_have_text("Acknowledged")
    await expect(page.locator("#palette")).not_to_be_visible()


async def test_escape_closes_a_dialog_and_gives_the_focus_back(desk: Desk) -> None:
    page, _ = await opened(desk)
    await page.get_by_role("link", name="Severity").click()
    await expect(page.locator("#dialog")).to_be_visible()

    await page.keyboard.press("Escape")

    await expect(page.locator("#dialog")).not_to_be_visible()
    await expect(page.get_by_role("link", name="Severity")).to_be_focused()
