"""What one sees: times of one's own zone, themes without a flash, severities in grey, paper, sizes."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, Response, expect

from tests.browser.desk import Desk

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
TIMES = """() => [...document.querySelectorAll("#entries time")].map(one => one.textContent)"""
PRESSED = "select triggered_at from incident where id = $1"
COLD_BYTES, WARM_BYTES = 100_000, 15_000


async def test_times_are_the_viewers_own_from_the_first_byte(desk: Desk) -> None:
    number = await desk.declare()
    at: datetime = await desk.ask(PRESSED, number)
    page = await desk.visit("/incidents", timezone_id="Asia/Tokyo")
    await page.locator("html[data-ready]").wait_for()

    answer = await page.goto(f"/incidents/{number}")

    assert answer
    local = f"{at.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M:%S}"
    utc = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    assert f'title="{utc}">{local}</time>' in await answer.text()
    assert local in await page.evaluate(TIMES)


@pytest.mark.parametrize(("scheme", "chosen"), [("light", "dark"), ("dark", "light")])
async def test_a_chosen_theme_is_in_the_first_byte_of_the_next_page(
    desk: Desk, scheme: str, chosen: str
) -> None:
    page = await desk.visit("/incidents", color_scheme=scheme)
    await page.locator("html[data-ready]").wait_for()

    await page.get_by_label("Switch between light and dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", chosen)
    answer = await page.goto("/activity")

    assert answer
    assert f'<html lang="en" data-theme="{chosen}"' in await answer.text()
    assert desk.watch.posted() == []


async def test_a_severity_is_told_by_word_bars_weight_and_hue(desk: Desk) -> None:
    page = await desk.visit("/incidents/new")
    badges = page.locator("main .sev")

    words = [text.split()[0] for text in await badges.all_inner_texts()]
    bars = [await badges.nth(n).locator("rect:not(.off)").count() for n in range(4)]
    fills = [await badges.nth(n).evaluate("one => getComputedStyle(one).backgroundColor") for n in range(4)]

    assert words == ["S0", "S1", "S2", "S3"]
    assert bars == [4, 3, 2, 1]
    assert len(set(fills)) == 4


async def test_the_countdown_runs(desk: Desk) -> None:
    page = await desk.visit(f"/incidents/{await desk.declare()}")
    before = await page.locator(".call .clock").inner_text()

    assert re.fullmatch(r"4:5\d|5:00", before)
    await expect(page.locator(".call .clock")).not_to_have_text(before, timeout=2500)


async def test_an_incident_prints_on_few_pages_without_controls(desk: Desk) -> None:
    number = await desk.declare()
    for line in range(15):
        await desk.note(number, f"Line {line} of the log.")
    page = await desk.visit(f"/incidents/{number}")

    await page.emulate_media(media="print")

    for gone in (".nav", ".top", "#composer", "#head .actions", ".call .btn"):
        await expect(page.locator(gone)).not_to_be_visible()
    await expect(page.get_by_text("Line 14 of the log.")).to_be_visible()
    printed = await page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 3


async def test_an_incident_page_is_small_and_smaller_the_second_time(desk: Desk) -> None:
    number = await desk.declare()
    page = await (await desk.sit_down()).new_page()

    cold = await sent(desk, page, number)
    warm = await sent(desk, page, number)

    assert cold <= COLD_BYTES
    assert warm <= WARM_BYTES


async def sent(desk: Desk, page: Page, number: int) -> int:
    """Open an incident; answers how many bytes the server sent for it, headers included.

    A region that is fetched because something happened meanwhile, such as its page ringing, does not count.
    """
    known = len(desk.watch.answers)
    await page.goto(f"/incidents/{number}")
    await page.locator("html[data-link=live]").wait_for()
    answers = [one for one in desk.watch.answers[known:] if not is_of_news(one)]
    sizes = [await one.request.sizes() for one in answers if not await is_kept(one)]
    return sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)


def is_of_news(answer: Response) -> bool:
    """Whether it is the stream of news, or what htmx fetched because of one."""
    return answer.url.endswith("/events") or "hx-request" in answer.request.headers


async def is_kept(answer: Response) -> bool:
    """Whether the browser had it already."""
    return (await answer.request.sizes())["responseHeadersSize"] == 0
