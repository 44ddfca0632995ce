"""The second factor through its pages. Source: OWASP ASVS 5.0, 6.3.3 and 6.5."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest

from app.security import links, totp
from tests.wire import conftest
from tests.wire.conftest import PASSWORD, Town
from tests.wire.door import enter, is_signed_in, key_in
from tests.wire.line import Answer

pytestmark = pytest.mark.anyio

HALF = re.compile(r"__Host-half-session=([\w-]{43}); Max-Age=300; Path=/; Secure; HttpOnly; SameSite=Lax")
ADDRESS = "/settings/second-factor"
URI = re.compile(r"otpauth://totp/Opsbook%3Aolive%40example\.com\?secret=([A-Z2-7]{32})&issuer=Opsbook")


@pytest.fixture
def town(gated_town: Town) -> Town:
    return gated_town


def code(secret: str, *, ahead: int = 0) -> str:
    # The database of this town goes by this machine's clock.
    return totp.code(secret, totp.step_at(datetime.now(UTC)) + ahead)


async def set_up(town: Town) -> tuple[str, list[str]]:
    proposed = await town.post(ADDRESS, "olive", {"current": PASSWORD})
    found = URI.search(html.unescape(proposed.text))
    assert found
    confirmed = await town.post(f"{ADDRESS}/confirmation", "olive", {"code": code(found[1])})
    return found[1], re.findall(r"(?:[A-Z2-7]{4}-){5}[A-Z2-7]{4}", confirmed.text)


def half_key_in(answer: Answer) -> str:
    assert answer["location"] == "/sign-in/code"
    found = HALF.fullmatch(answer["set-cookie"])
    assert found
    return found[1]


async def finish(town: Town, half_key: str, typed: str) -> Answer:
    cookie = [("cookie", f"__Host-half-session={half_key}")]
    return await town.post("/sign-in/code", None, {"code": typed}, cookie)


async def test_it_is_set_up_with_an_app_and_ten_codes_are_shown_once(town: Town) -> None:
    _, codes = await set_up(town)

    afterwards = (await town.ask("GET", ADDRESS, "olive")).text
    assert len(set(codes)) == 10
    assert "In force since" in afterwards
    assert not any(one in afterwards for one in codes)


async def test_a_password_alone_opens_nothing_any_more(town: Town) -> None:
    secret, _ = await set_up(town)

    half_key = half_key_in(await enter(town, next="/activity"))
    before = await is_signed_in(town, half_key)
    signed_in = await finish(town, half_key, code(secret, ahead=1))

    assert not before
    assert (signed_in.status, signed_in["location"]) == (303, "/activity")
    assert await is_signed_in(town, key_in(signed_in))
    assert key_in(signed_in) != half_key
    assert any("__Host-half-session=; Max-Age=0" in one for one in signed_in.all("set-cookie"))


async def test_a_link_alone_opens_nothing_either(town: Town) -> None:
    secret, _ = await set_up(town)
    async with town.database.unit_of_work() as work:
        key = await links.create(work, town.ids["olive"], lifetime=timedelta(minutes=10))

    half_key = half_key_in(await town.post("/sign-in/link", None, {"key": key}))

    assert (await finish(town, half_key, code(secret, ahead=1))).status == 303


async def test_a_sign_in_that_is_finished_cannot_be_finished_again(town: Town) -> None:
    _, codes = await set_up(town)
    half_key = half_key_in(await enter(town))

    first, second = await finish(town, half_key, codes[0]), await finish(town, half_key, codes[1])

    assert first["location"] == "/"
    assert second["location"] == "/sign-in"
    assert "__Host-session=" not in "".join(second.all("set-cookie"))


async def test_a_wrong_code_is_said_and_the_sixth_has_to_wait(town: Town) -> None:
    await set_up(town)
    half_key = half_key_in(await enter(town))

    answers = [await finish(town, half_key, "000000") for _ in range(6)]

    assert [one.status for one in answers] == [422] * 5 + [429]
    assert answers[-1]["retry-after"] == "1"
    assert "This code is wrong or has been used." in answers[0].text


async def test_nobody_is_asked_for_a_code_who_has_not_begun(town: Town) -> None:
    assert (await town.ask("GET", "/sign-in/code"))["location"] == "/sign-in"
    assert (await finish(town, "A" * 43, "000000"))["location"] == "/sign-in"


async def test_where_it_is_required_nothing_is_open_without_it(database_url: str, redis_url: str) -> None:
    async with conftest.opened(database_url, redis_url, second_factor="required") as town:
        await conftest.give_passwords(town)
        await conftest.furnish(town)
        home = await town.ask("GET", "/", "olive")
        before = await town.ask("GET", "/incidents/1", "olive")
        refused = await town.post("/incidents/1/acknowledgement", "olive")

        await set_up(town)

        assert (home["location"], before.status, refused.status) == (ADDRESS, 404, 404)
        assert (await town.ask("GET", "/incidents/1", "olive")).status == 200


async def test_setting_it_up_needs_the_present_password(town: Town) -> None:
    answer = await town.post(ADDRESS, "olive", {"current": "wrong words make none"})

    assert answer.status == 422
    assert "otpauth" not in answer.text


async def test_a_code_takes_it_away(town: Town) -> None:
    secret, _ = await set_up(town)

    wrong = await town.post(f"{ADDRESS}/removal", "olive", {"code": "000000"})
    right = await town.post(f"{ADDRESS}/removal", "olive", {"code": code(secret, ahead=1)})

    assert (wrong.status, right.status) == (422, 303)
    assert (await enter(town))["location"] == "/"


async def test_an_administrator_sees_it_and_resets_it(town: Town) -> None:
    await set_up(town)
    person = f"/settings/people/person_{town.ids['olive']}"
    seen = (await town.ask("GET", person, "ada")).text

    await town.post(f"{person}/second-factor-reset", "ada")

    assert "Reset their second factor" in seen
    assert "Reset their second factor" not in (await town.ask("GET", person, "ada")).text
    assert (await enter(town))["location"] == "/"
