"""The explorer answers questions, and what goes wrong is a page with a way out."""

import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_the_explorer_runs_a_document(desk: Desk, script: bool) -> None:
    number = await desk.declare()
    page = await desk.visit(f"/graphql?number={number}", java_script_enabled=script)

    await page.get_by_role("button", name="Run").click()

    await expect(page.locator("#result")).to_contain_text(f'"number": {number}')
    await expect(page.locator("#result")).to_contain_text(" ms")


async def test_the_explorer_runs_by_its_key_and_shows_errors(desk: Desk) -> None:
    page = await desk.visit("/graphql")
    await page.locator("#query").fill("{ nonsense }")

    await page.keyboard.press("Control+Enter")

    await expect(page.locator("#result")).to_contain_text("Cannot query field")


async def test_the_explorer_says_where_the_variables_are_wrong(desk: Desk) -> None:
    page = await desk.visit("/graphql")
    desk.expect(422)
    await page.locator("#variables").fill("{")

    await page.get_by_role("button", name="Run").click()

    await expect(page.locator("#result [role=alert]")).to_contain_text("must be a JSON object")


@pytest.mark.parametrize("path", ["/nowhere", "/incidents/999999", "/settings/people/person_999"])
async def test_what_is_not_there_leads_back(desk: Desk, path: str) -> None:
    context = await desk.sit_down("ivan")
    desk.expect(404)
    page = await context.new_page()

    await page.goto(path)
    await expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    await page.get_by_role("link", name="Go to the incidents").click()

    await expect(page).to_have_url(f"{desk.whole.url}/incidents")


async def test_who_has_no_role_finds_nothing(desk: Desk) -> None:
    number = await desk.declare()
    context = await desk.sit_down("nora")
    desk.expect(403, 404)
    page = await context.new_page()

    answer = await page.goto(f"/incidents/{number}")

    assert answer
    assert answer.status == 404
    assert "Card payments" not in await answer.text()


async def test_a_fault_of_ours_is_said_with_a_reference_that_the_log_carries(own_desk: Desk) -> None:
    context = await own_desk.sit_down()
    own_desk.expect(500)
    page = await context.new_page()
    await own_desk.ask("alter table incident rename to mislaid")

    await page.goto("/incidents")

    await expect(page.get_by_role("heading", name="That did not work")).to_be_visible()
    reference = await page.locator(".reference code").inner_text()
    assert reference in own_desk.whole.said()
    await own_desk.ask("alter table mislaid rename to incident")
