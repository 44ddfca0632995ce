"""Open pages follow what happens, and lose nothing that somebody is in the middle of."""

import asyncio
from collections.abc import Awaitable

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import Desk
from tests.patience import patience

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
SECOND = 1000
# What a browser reports when somebody looks away from a tab, or back at it.
LOOK = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
HALF_TYPED = """() => {
  const field = document.activeElement;
  return [field.id, field.value, field.selectionStart, field.selectionEnd];
}"""
TOP = "element => element.getBoundingClientRect().top"


async def live(page: Page) -> Page:
    """Wait until the page listens."""
    await expect(page.locator("[data-link=live]")).to_be_attached()
    return page


async def test_an_entry_appears_on_all_open_pages_within_a_second(desk: Desk) -> None:
    number = await desk.declare()
    pages = [await live(await desk.visit(f"/incidents/{number}", who)) for who in ("olive", "ivan", "paula")]

    await desk.note(number, "The acquirer has confirmed the fault.")

    await asyncio.gather(
        *(
            expect(page.locator("#entries")).to_contain_text(
                "acquirer has confirmed", timeout=SECOND * patience()
            )
            for page in pages
        )
    )


async def test_an_incident_appears_in_the_list_and_beside_every_page(desk: Desk) -> None:
    incidents, settings = await desk.visit("/incidents"), await desk.visit("/settings")
    before = int(await settings.locator("#open-count").get_attribute("data-open-count") or 0)
    await asyncio.gather(live(incidents), live(settings))

    await desk.declare("Refund worker is stuck")

    await expect(incidents.locator("#open")).to_contain_text(
        "Refund worker is stuck", timeout=SECOND * patience()
    )
    await expect(settings.locator("#open-count")).to_contain_text(
        str(before + 1), timeout=SECOND * patience()
    )


async def test_half_typed_text_and_its_selection_survive(desk: Desk) -> None:
    number = await desk.declare()
    page = await live(await desk.visit(f"/incidents/{number}"))
    await page.locator("#text").fill("We see this since the last rel")
    await page.locator("#text").evaluate("field => field.setSelectionRange(3, 6)")
    before = await page.evaluate(HALF_TYPED)

    await desk.note(number, "Rolled back.")

    await expect(page.locator("#entries")).to_contain_text("Rolled back.")
    assert await page.evaluate(HALF_TYPED) == before == ["text", "We see this since the last rel", 3, 6]


async def test_what_is_unfolded_stays_unfolded(desk: Desk) -> None:
    number = await desk.declare()
    page = await live(await desk.visit(f"/incidents/{number}"))
    await page.locator("#decisions > summary").click()
    await page.get_by_label("More actions").click()

    await desk.note(number, "Rolled back.")

    await expect(page.locator("#entries")).to_contain_text("Rolled back.")
    await expect(page.get_by_role("link", name="Assign a role")).to_be_visible()
    await expect(page.locator("#decisions dl").first).to_be_visible()


async def test_what_is_read_does_not_move(desk: Desk) -> None:
    number = await desk.declare()
    for line in range(40):
        await desk.note(number, f"Line {line} of the log.")
    page = await live(await desk.visit(f"/incidents/{number}"))
    reading = page.get_by_text("Line 5 of the log.")
    await reading.scroll_into_view_if_needed()
    before = await reading.evaluate(TOP)

    await desk.note(number, "Rolled back.")

    await expect(page.locator("#entries")).to_contain_text("Rolled back.")
    assert await reading.evaluate(TOP) == pytest.approx(before, abs=1)


async def test_a_form_in_a_dialog_keeps_its_text_and_focus(desk: Desk) -> None:
    number = await desk.declare()
    page = await live(await desk.visit(f"/incidents/{number}"))
    await page.keyboard.press("s")
    await page.locator("#dialog #reason").fill("Only one sho")

    await desk.note(number, "Rolled back.")

    await expect(page.locator("#entries")).to_contain_text("Rolled back.")
    await expect(page.locator("#dialog #reason")).to_have_value("Only one sho")
    await expect(page.locator("#dialog #reason")).to_be_focused()


async def test_a_hidden_tab_holds_no_connection_and_catches_up_on_return(desk: Desk) -> None:
    number = await desk.declare()
    page = await live(await desk.visit(f"/incidents/{number}"))
    assert len(desk.watch.streams) == 1

    await page.evaluate(LOOK, True)
    await desk.note(number, "Happened while nobody looked.")
    await expect(page.locator("[data-link=paused]")).to_be_attached()
    assert desk.watch.streams == set()
    await page.evaluate(LOOK, False)

    await expect(page.locator("#entries")).to_contain_text("while nobody looked", timeout=SECOND * patience())


async def test_ten_tabs_share_one_stream_and_the_eleventh_opens_at_once(desk: Desk) -> None:
    number = await desk.declare()
    first = await live(await desk.visit(f"/incidents/{number}"))
    tabs = [await first.context.new_page() for _ in range(10)]
    for tab in tabs[:9]:
        await live(await opened(tab, number))

    took = [await timed(opened(tabs[9], number)) for _ in range(3)]

    assert min(took) < patience()
    assert len(desk.watch.streams) == 1
    await desk.note(number, "Heard everywhere.")
    for tab in (first, *tabs):
        await expect(tab.locator("#entries")).to_contain_text("Heard everywhere.")


async def timed(something: Awaitable[object]) -> float:
    """How many seconds it took."""
    began = asyncio.get_running_loop().time()
    await something
    return asyncio.get_running_loop().time() - began


async def opened(tab: Page, number: int) -> Page:
    """Open an incident in a tab."""
    await tab.goto(f"/incidents/{number}")
    return tab


async def test_the_next_tab_takes_the_stream_over_when_its_holder_closes(desk: Desk) -> None:
    number = await desk.declare()
    holder = await live(await desk.visit(f"/incidents/{number}"))
    heir = await live(await opened(await holder.context.new_page(), number))

    await holder.close()

    await desk.note(number, "The holder has left.")
    await expect(heir.locator("#entries")).to_contain_text("The holder has left.")
