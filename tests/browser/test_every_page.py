"""What holds on every page: nobody is kept out, nothing moves, nothing comes from elsewhere."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize

from tests.browser.desk import DESKTOP, PHONE, Desk
from tests.browser.places import INSIDE, OUTSIDE, furnish

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
CHECK = """async rules => {
  const found = await axe.run(document, { resultTypes: ["violations"], ...rules });
  return found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(" ")}`);
}"""
EVERYTHING = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
# The score is told to three decimals: 0.000 is no shift.
SHIFTS = """() => new Promise(tell => {
  new PerformanceObserver(list => tell(list.getEntries().map(entry => entry.value)))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => tell([]), 50);
})"""
WIDTHS = """() => [document.documentElement.scrollWidth, innerWidth]"""
INLINE = """() => [...document.querySelectorAll("*")]
  .filter(one => one.hasAttribute("style") || [...one.attributes].some(a => /^on/.test(a.name))
    || (one.matches("script") && !one.src) || one.matches("style"))
  .map(one => one.outerHTML)"""
NARROW = ViewportSize(width=320, height=568)


async def complaints(page: Page, path: str) -> list[str]:
    """Everything wrong with one page, at both widths and in both themes."""
    await page.set_viewport_size(DESKTOP)
    await page.emulate_media(color_scheme="light")
    await page.goto(path)
    await page.locator("html[data-ready], html[data-plain]").wait_for()
    found = [f"moves by {shift}" for shift in await page.evaluate(SHIFTS) if round(shift, 3)]
    found += [f"inline: {element}" for element in await page.evaluate(INLINE)]
    await page.evaluate(AXE)
    for size, scheme, rules in LOOKS:
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=scheme)
        found += await page.evaluate(CHECK, rules)
    await page.set_viewport_size(NARROW)
    wide, room = await page.evaluate(WIDTHS)
    found += [f"{wide} px wide in {room} px"] if wide > room else []
    return found


# A theme changes colours and nothing else.
LOOKS: list[tuple[Any, Any, Any]] = [
    (DESKTOP, "light", EVERYTHING),
    (DESKTOP, "dark", COLOURS),
    (PHONE, "dark", COLOURS),
    (PHONE, "light", EVERYTHING),
]


@pytest.fixture(scope="session")
async def names(office: Desk) -> dict[str, object]:
    return await furnish(office)


@pytest.mark.parametrize("path", INSIDE)
async def test_nothing_is_wrong_inside(desk: Desk, names: dict[str, object], path: str) -> None:
    page = await (await desk.sit_down("ivan", reduced_motion="reduce")).new_page()

    assert await complaints(page, path.format(**names)) == []


@pytest.mark.parametrize("path", OUTSIDE)
async def test_nothing_is_wrong_before_the_door(desk: Desk, names: dict[str, object], path: str) -> None:
    page = await (await desk.sit_down(None, reduced_motion="reduce")).new_page()
    desk.expect(404)

    assert await complaints(page, path.format(**names)) == []
