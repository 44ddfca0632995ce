"""Settings work where no script runs: one's own, and those of administrators."""

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from app.security import totp
from tests.browser.desk import Desk
from tests.browser.test_without_script import follow, press

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@pytest.fixture
async def page(desk: Desk) -> Page:
    """A browser without a script, in which Ivan is signed in."""
    return await desk.visit("/settings", "ivan", java_script_enabled=False)


async def test_switching_the_theme(page: Page) -> None:
    await page.get_by_label("Switch between light and dark").click()

    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.get_by_label("Switch between light and dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")


async def test_changing_ones_own_settings(desk: Desk) -> None:
    await desk.sit_down("paula")
    page = await desk.visit("/settings", "paula", java_script_enabled=False)

    await page.get_by_label("Show times in").fill("Asia/Tokyo")
    await page.locator("form[action$=time-zone] button").click()
    await expect(page.locator(".toast")).to_have_text("Saved.")
    await page.get_by_label("New password").fill("a sentence is a good password")
    await press(page, "Set password")

    await expect(page.locator(".toast")).to_contain_text("Other browsers are signed out")
    assert await desk.ask("select time_zone from person where id = $1", desk.ids["paula"]) == "Asia/Tokyo"
    await expect(page.get_by_role("button", name="Sign out").locator("visible=true")).to_have_count(1)


async def test_setting_up_a_second_factor_and_taking_it_away(desk: Desk) -> None:
    page = await desk.visit("/settings", "nora", java_script_enabled=False)

    await follow(page, "Set it up")
    await press(page, "Set it up")
    secret = await page.locator("#secret").inner_text()
    await page.get_by_label("Code").fill(totp.code(secret, totp.step_at(datetime.now(UTC))))
    await press(page, "Confirm")
    await expect(page.locator("#codes")).to_have_text(re.compile(r"(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}"))
    recovery = (await page.locator("#codes").inner_text()).split()[0]
    await follow(page, "I have kept them")
    await follow(page, "Change")
    await page.get_by_label("Code").fill(recovery)
    await press(page, "Take it away")

    await expect(page.locator(".toast")).to_contain_text("The second factor is gone")


async def test_adding_and_revoking_a_source(page: Page) -> None:
    await page.goto("/settings/sources")

    await follow(page, "Add a source")
    await page.get_by_label("Name").fill("prometheus-us")
    await press(page, "Add the source")
    await expect(page.locator("#key")).to_have_text(re.compile(r"\w{32}"))
    await follow(page, "I have kept the key")
    await page.get_by_role("row", name="prometheus-us").get_by_text("Revoke", exact=True).click()
    await press(page, "Revoke prometheus-us")

    await expect(page.locator(".toast")).to_contain_text("Revoked")


async def test_saying_how_bodies_are_read(page: Page) -> None:
    await page.goto("/settings/sources")
    await follow(page, "Add a source")
    await page.get_by_label("Name").fill("shop-probe")
    await page.get_by_role("radio", name="JSON").check()
    await press(page, "Add the source")
    await follow(page, "I have kept the key")
    await follow(page, "shop-probe")

    places = {"Summary": "alert.name", "Key": "alert.uid", "Severity optional": "alert.level"}
    for name, path in places.items():
        await page.get_by_role("textbox", name=name, exact=True).fill(path)
    await page.get_by_label("Words for the severity").fill("P1 = critical")
    await page.get_by_label("An example").fill('{"alert": {"name": "Disk full", "uid": 7, "level": "P1"}}')
    await press(page, "Preview")
    await expect(page.get_by_text("This body would make this alert")).to_be_visible()
    await expect(page.get_by_role("group", name="This body would make")).to_contain_text("Disk full")
    await press(page, "Save")

    await expect(page.locator(".toast")).to_contain_text("Kept")


async def test_creating_and_revoking_a_token(page: Page) -> None:
    await page.goto("/settings/tokens")

    await follow(page, "Create a token")
    await page.get_by_label("Name").fill("Status page")
    await page.get_by_role("checkbox", name="incidents:read").check()
    await press(page, "Create the token")
    await expect(page.locator("#secret")).to_have_text(re.compile(r"ops_\w+"))
    await follow(page, "I have kept the token")
    await page.get_by_text("Revoke", exact=True).first.click()
    await press(page, "Revoke Status page")

    await expect(page.locator(".toast")).to_contain_text("Revoked")


async def test_a_person_from_the_first_day_to_the_last(page: Page) -> None:
    await page.goto("/settings/people")

    await follow(page, "Add somebody")
    await page.get_by_label("Name").fill("Wren Castellan")
    await page.get_by_label("E-mail address").fill("wren@example.com")
    await page.get_by_role("checkbox", name="Operator").check()
    await press(page, "Add")
    await page.get_by_role("checkbox", name="Auditor").check()
    await press(page, "Save roles")
    await press(page, "Make a link")
    await expect(page.locator("#link")).to_contain_text("/sign-in/link?key=")
    await page.get_by_text("Deactivate", exact=True).last.click()
    await press(page, "Deactivate Wren Castellan")

    await expect(page.locator(".toast")).to_contain_text("Deactivated")
