"""Telling readers: three presses, by keyboard, without a script, and never alone."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import Desk

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
SENT = "select count(*) from status_update where incident_id = $1 and sent_at is not null"


async def fill(page: Page) -> None:
    await page.get_by_label("What is affected").fill("card payments, refunds")
    await page.get_by_label("What people notice").fill("Some payments fail at checkout.")


async def test_an_update_is_three_presses_from_the_incident(desk: Desk) -> None:
    number = await desk.declare(severity="S2")
    page = await desk.visit(f"/incidents/{number}")
    await page.locator("html[data-ready]").wait_for()

    await page.keyboard.press("u")
    await page.wait_for_url("**/comms/new?audience=community")
    await fill(page)
    await page.get_by_role("button", name="Preview").click()
    await expect(page.locator(".letter h3")).to_have_text("Problems with card payments and refunds")
    await page.get_by_role("button", name="Send now").click()

    await expect(page.locator(".letter").first).to_contain_text("Sent")
    assert await desk.ask(SENT, number) == 1


async def test_what_olive_wrote_of_an_s1_ivan_approves_on_his_page(desk: Desk) -> None:
    number = await desk.declare()
    page = await desk.visit(f"/incidents/{number}/comms/new?audience=community")
    await fill(page)
    await page.get_by_role("button", name="Preview").click()
    await page.get_by_role("button", name="Ask for approval").click()
    await expect(page.get_by_role("button", name="Approve and send")).to_have_count(0)

    ivans = await desk.visit(f"/incidents/{number}/comms", "ivan")
    await ivans.get_by_role("button", name="Approve and send").click()

    await expect(page.locator(".letter").first).to_contain_text("approved by Ivan Petrov")
    assert await desk.ask(SENT, number) == 1


async def test_it_works_without_a_script_and_keeps_what_was_typed(desk: Desk) -> None:
    number = await desk.declare(severity="S2")
    page = await desk.visit(f"/incidents/{number}/comms/new?audience=enterprise", java_script_enabled=False)
    desk.expect(422)

    await fill(page)
    await page.get_by_role("button", name="Change the wording").click()
    await page.get_by_label("Wording").fill("We fix {{ affectd }}.")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.locator("#text-error")).to_contain_text("Did you mean `affected`?")
    await page.get_by_label("Wording").fill("We fix {{ affected }}.")
    await page.get_by_role("button", name="Preview").click()
    await page.get_by_role("button", name="Change it").click()
    await expect(page.get_by_label("What people notice")).to_have_value("Some payments fail at checkout.")
    await page.get_by_role("button", name="Preview").click()
    await page.get_by_role("button", name="Send now").click()

    await expect(page.locator(".letter").first).to_contain_text("We fix card payments and refunds.")


async def test_a_double_press_sends_one_message(desk: Desk) -> None:
    number = await desk.declare(severity="S2")
    page = await desk.visit(f"/incidents/{number}/comms/new?audience=community")
    await fill(page)
    await page.get_by_role("button", name="Preview").click()
    send = page.get_by_role("button", name="Send now")
    form = await send.evaluate("one => Object.fromEntries(new FormData(one.form))")

    for _ in range(2):
        await page.request.post(
            page.url,
            form={**form, "step": "send"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )

    assert await desk.ask(SENT, number) == 1


async def test_what_is_missing_is_said_at_its_field(desk: Desk) -> None:
    number = await desk.declare(severity="S2")
    page = await desk.visit(f"/incidents/{number}/comms/new?audience=community")
    desk.expect(422)

    await page.locator("form#message").evaluate("form => { form.noValidate = true }")
    await page.get_by_role("button", name="Preview").click()

    await expect(page.locator("#affected-error")).to_contain_text("in words for outsiders")
    await expect(page).to_have_title(re.compile("Error: Tell the community"))


async def test_readers_are_added_and_removed(desk: Desk) -> None:
    page = await desk.visit("/settings/subscribers", "ivan", java_script_enabled=False)

    await page.get_by_role("radio", name="Community").check()
    await page.get_by_label("Addresses").fill("forum@example.org, Forum\nlist@example.org")
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator(".toast")).to_have_text("2 added.")
    await page.locator("details.drop summary", has_text="Remove").first.click()
    await page.get_by_role("button", name="Remove list@example.org").click()

    await expect(page.get_by_role("row", name="list@example.org")).to_contain_text("Removed")


async def test_a_duty_is_left_out_with_two_signatures(desk: Desk) -> None:
    number = await desk.declare()
    for who in ("ivan", "paula"):
        page = await desk.visit(f"/incidents/{number}/comms", who)
        await page.locator("html[data-ready]").wait_for()
        await page.get_by_role("link", name="Leave it out").click()
        await page.locator("#dialog #reason").fill("It concerns nobody outside")
        await page.get_by_role("button", name="Sign").click()
        await expect(page.locator("#dialog")).to_be_hidden()

    owed = "select waived_by from obligation where incident_id = $1 and kind = 'first_public_update'"
    await desk.until(f"select ({owed}) is not null", number)
    assert await desk.ask(owed, number) == ["Ivan Petrov", "Paula Reyes"]
