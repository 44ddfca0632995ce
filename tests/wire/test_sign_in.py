"""Signing in through the door as a browser does it. Source: OWASP ASVS 5.0, 6."""

from __future__ import annotations

import math
import re
import time
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import update

from app import clock
from app.security import links, passwords, people
from app.security.models import Person
from app.security.permissions import SYSTEM
from tests.wire import conftest
from tests.wire.conftest import PASSWORD, Town
from tests.wire.door import enter, is_signed_in, key_in

pytestmark = pytest.mark.anyio

WRONG = "five words make none"
KINDS, ROUND = ("known", "left", "unknown"), 8
ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\x01//evil.example",
    " //evil.example",
    "https://evil.example",
    "https:evil.example",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    ".evil.example",
    "/a\\b",
    "/\x00",
    "/" * 2001,
    "",
]
INSIDE = {
    "/": "/",
    "/incidents/7?show=people&a=%2F%2Fb#c": "/incidents/7?show=people&a=%2F%2Fb#c",
    "/%2f%2fevil.example": "/%2f%2fevil.example",
    "/%5cevil.example": "/%5cevil.example",
    "/é\u2028": "/%C3%A9%E2%80%A8",
}


@pytest.fixture
def town(gated_town: Town) -> Town:
    return gated_town


async def test_signing_in_leads_nowhere_else(town: Town) -> None:
    for target in ELSEWHERE:
        query = urlencode({"next": target})
        form = await town.ask("GET", f"/sign-in?{query}")
        entered = await enter(town, next=target)
        there_already = await town.ask("GET", f"/sign-in?{query}", "ivan")

        assert '<input type="hidden" name="next" value="/">' in form.text
        assert (entered["location"], there_already["location"]) == ("/", "/")


async def test_signing_in_leads_back_to_where_one_was(town: Town) -> None:
    for target, kept in INSIDE.items():
        assert (await enter(town, next=target))["location"] == kept


async def test_whoever_cannot_get_in_is_told_the_same(town: Town) -> None:
    await populate(town)

    answers = [await enter(town, f"{kind}0", WRONG) for kind in KINDS]

    assert len({(one.status, _without_address(one.text)) for one in answers}) == 1


async def test_whoever_cannot_get_in_waits_as_long(town: Town) -> None:
    await populate(town)

    # A busy machine may spoil a round, but no difference that is there hides from three.
    ratios = [await slowest_by_fastest(town, round_) for round_ in range(3)]

    assert min(ratios) < 1.4, ratios


async def slowest_by_fastest(town: Town, round_: int) -> float:
    fastest = dict.fromkeys(KINDS, math.inf)
    for number in range(ROUND):
        for kind in KINDS:
            began = time.perf_counter()
            address = f"198.51.{round_}.{number}"
            await enter(town, f"{kind}{round_ * ROUND + number}", WRONG, address=address)
            fastest[kind] = min(fastest[kind], time.perf_counter() - began)
    return max(fastest.values()) / min(fastest.values())


async def populate(town: Town) -> None:
    """Add people who are there and people who have left, all with a password."""
    hashed = await passwords.hashed(PASSWORD)
    async with town.database.unit_of_work() as work:
        for number in range(3 * ROUND):
            await people.add(work, SYSTEM, email=f"known{number}@example.com", name="K", roles=[])
            await people.add(work, SYSTEM, email=f"left{number}@example.com", name="L", roles=[])
        await work.session.execute(update(Person).values(password_hash=hashed))
        left = update(Person).where(Person.name == "L")
        await work.session.execute(left.values(deactivated_at=clock.now()))


def _without_address(text: str) -> str:
    return re.sub(r'value="\w+@example.com"', "", text)


@pytest.mark.parametrize("who", ["olive", "stranger"])
async def test_guessing_is_answered_429_and_told_when_to_try_again(town: Town, who: str) -> None:
    for _ in range(5):
        assert (await enter(town, who, WRONG)).status == 422

    answer = await enter(town, who)

    assert (answer.status, answer["retry-after"]) == (429, "1")
    assert "Too many tries. Wait 1 s," in answer.text
    assert answer.all("set-cookie") == []


@pytest.mark.parametrize("who", ["olive", "stranger"])
async def test_asking_for_a_link_tells_nothing_of_who_there_is(town: Town, who: str) -> None:
    answer = await town.post("/sign-in", None, {"email": f"{who}@example.com"})

    assert answer.status == 200
    assert f"<strong>{who}@example.com</strong> has an account" in answer.text


async def test_a_link_is_used_up_by_pressing_and_not_by_looking(town: Town) -> None:
    async with town.database.unit_of_work() as work:
        key = await links.create(
            work, town.ids["nora"], next_path="/activity", lifetime=timedelta(minutes=10)
        )
    looks = [await town.ask(method, f"/sign-in/link?key={key}") for method in ("GET", "HEAD", "GET")]

    first, second = [await town.post("/sign-in/link", None, {"key": key}) for _ in range(2)]

    assert [one.all("set-cookie") for one in looks] == [[], [], []]
    assert (first.status, first["location"], second.status) == (303, "/activity", 422)
    assert await is_signed_in(town, key_in(first))


async def test_passwords_can_be_pasted_and_kept_by_a_manager(town: Town) -> None:
    door = (await town.ask("GET", "/sign-in")).text
    settings = (await town.ask("GET", "/settings", "olive")).text

    for text, kind in (
        (door, "current-password"),
        (settings, "current-password"),
        (settings, "new-password"),
    ):
        (field,) = (tag for tag in re.findall(r"<input[^>]+>", text) if f'autocomplete="{kind}"' in tag)
        assert 'type="password"' in field
        assert "maxlength" not in field
    assert 'autocomplete="username"' in door + settings
    assert "onpaste" not in door + settings


async def test_no_account_is_there_from_the_start(database_url: str, redis_url: str) -> None:
    async with conftest.opened(database_url, redis_url, settled=False) as town:
        assert await town.one("select count(*) from person") == 0
