"""Forms say what is wrong where it is wrong; lists keep their state in the address."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.places import link_of

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
# A form, what is left empty or wrong in it, and the first field that is wrong.
WRONG = [
    ("/incidents/new", {"title": ""}, "title"),
    ("/incidents/{number}/severity", {"reason": " "}, "reason"),
    ("/incidents/{number}/cancellation", {"reason": ""}, "reason"),
    ("/settings/sources/new", {"name": "Not A Name"}, "name"),
    ("/settings/people/new", {"name": "Wren", "email": "nowhere"}, "email"),
    ("/settings/tokens/new", {"name": ""}, "name"),
    ("/incidents/{number}/roles", {}, "personId"),
]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize(("path", "given", "wrong"), WRONG)
async def test_what_is_wrong_is_said_in_the_summary_and_at_the_field(
    desk: Desk, path: str, given: dict[str, str], wrong: str, script: bool
) -> None:
    number = await desk.declare() if "{number}" in path else 0
    page = await desk.visit(path.format(number=number), "ivan", java_script_enabled=script)
    desk.expect(422)
    for name, text in given.items():
        await page.locator(f"main #{name}").fill(text)
    await unchecked(page)

    await page.locator("main form button[type=submit]").click()

    await expect(page.locator("main [role=alert]")).to_be_visible()
    field = page.locator(f"main #{wrong}")
    link = page.locator(f'main [role=alert] a[href="#{wrong}"]')
    await expect(link).to_be_visible()
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(page.locator(f"#{wrong}-error")).to_contain_text(await link.inner_text())
    await expect(field).to_be_focused()
    assert 422 in desk.watch.posted()


async def unchecked(page: Page) -> None:
    """Let the browser send a form that it would refuse itself."""
    for form in await page.locator("main form").all():
        await form.evaluate("form => { form.noValidate = true; }")


async def test_the_title_of_a_page_that_was_refused_begins_with_error(desk: Desk) -> None:
    page = await desk.visit("/incidents/new", java_script_enabled=False)
    desk.expect(422)
    await page.locator("#title").fill("   ")
    await page.get_by_role("radio", name="S2").check()

    await page.get_by_role("button", name="Declare and page").click()

    await expect(page).to_have_title("Error: Declare an incident · Opsbook")
    await expect(page.get_by_role("radio", name="S2")).to_be_checked()


async def test_filters_are_in_the_address_and_back_restores_them(desk: Desk) -> None:
    await desk.declare("Walrus shortage", severity="S2")
    await desk.declare("Walrus surplus", severity="S3")
    page = await desk.visit("/incidents")
    await page.locator("#text").fill("walrus")
    await expect(page).to_have_url(f"{desk.whole.url}/incidents?text=walrus&severity=&status=")

    await page.get_by_label("Severity").select_option("S3")
    await expect(page.locator("#open tbody tr")).to_have_count(1)
    await page.go_back()

    await expect(page.locator("#open tbody tr")).to_have_count(2)
    await expect(page.locator("#text")).to_have_value("walrus")
    await expect(page.get_by_label("Severity")).to_have_value("")


async def test_a_shared_address_shows_a_colleague_the_same(desk: Desk) -> None:
    await desk.declare("Otter shortage", severity="S2")

    page = await desk.visit("/incidents?text=otter&severity=S2", "ivan")

    await expect(page.locator("#open tbody tr")).to_have_count(1)
    await expect(page.locator("#text")).to_have_value("otter")
    await expect(page.get_by_label("Severity")).to_have_value("S2")


async def test_a_declared_incident_opens_at_once(desk: Desk) -> None:
    page = await desk.visit("/incidents")
    await page.keyboard.press("c")
    await page.locator("#title").fill("Refund worker is stuck")
    await page.get_by_role("radio", name="S2").check()

    await page.get_by_role("button", name="Declare and page").click()

    await expect(page.get_by_role("heading", name="Refund worker is stuck")).to_be_visible()
    await expect(page.locator(".toast")).to_have_text("Declared. The operator is paged.")


async def test_a_signed_link_answers_with_one_press_and_says_afterwards_who_did(desk: Desk) -> None:
    number = await desk.declare()
    page = await (await desk.sit_down(None)).new_page()
    desk.expect(409)
    await page.goto(await link_of(desk, number))

    await page.get_by_role("button", name="Acknowledge").click()

    await expect(page.get_by_role("heading", name="You acknowledged it")).to_be_visible()
    assert await desk.ask("select status from incident where id = $1", number) == "acknowledged"
    await page.goto(await link_of(desk, number))
    await expect(page.get_by_role("heading")).to_contain_text("acknowledged it")
