"""Incidents are chosen in the list and merged on a page of its own, with and without a script."""

import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk
from tests.browser.test_live import live

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_what_is_chosen_in_the_list_is_merged(desk: Desk, script: bool) -> None:
    first, second = [await desk.declare(f"Otters {script}", severity="S3") for _ in range(2)]
    page = await desk.visit(f"/incidents?text=otters {script}", java_script_enabled=script)
    for number in (first, second):
        await page.get_by_label(f"Merge OPS-{number}").check()
    await page.get_by_role("button", name="Merge the chosen").click()
    await expect(page.get_by_text("cannot be undone")).to_be_visible()

    await page.get_by_role("button", name="Merge for good").click()

    await expect(page).to_have_url(f"{desk.whole.url}/incidents/{first}")
    await expect(page.locator("#entries")).to_contain_text(f"merged OPS-{second} into it")
    await page.goto(f"{desk.whole.url}/incidents/{second}")
    await expect(page.locator("#head")).to_contain_text(f"It goes on in OPS-{first}")


async def test_what_is_chosen_stays_chosen_when_the_list_follows_what_happens(desk: Desk) -> None:
    first, _ = [await desk.declare("Badgers", severity="S3") for _ in range(2)]
    page = await live(await desk.visit("/incidents?text=badger"))
    await page.get_by_label(f"Merge OPS-{first}").check()

    third = await desk.declare("Badgers again", severity="S3")

    await expect(page.get_by_label(f"Merge OPS-{third}")).to_be_visible()
    await expect(page.get_by_label(f"Merge OPS-{first}")).to_be_checked()
