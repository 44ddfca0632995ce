"""What becomes of a session, from its cookie to its end. Source: OWASP ASVS 5.0, 3.3 and 7."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.wire.conftest import HTML, PASSWORD, Town
from tests.wire.door import KEY, enter, is_signed_in, key_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def town(gated_town: Town) -> Town:
    return gated_town


async def test_the_cookie_of_a_session_is_for_this_host_alone_and_for_no_script(town: Town) -> None:
    answer = await enter(town)

    (cookie,) = answer.all("set-cookie")
    assert KEY.fullmatch(key_in(answer))
    assert cookie.partition("; ")[2] == "Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Lax"
    assert answer["cache-control"] == "no-store"


async def test_every_cookie_is_bound_to_this_host(town: Town) -> None:
    theme = await town.post("/settings/theme", "olive", {"theme": "dark"})
    zone = await town.post("/settings/time-zone", "olive", {"timeZone": "Asia/Tokyo"})
    out = await town.post("/sign-out", "olive")

    for cookie in (*theme.all("set-cookie"), *zone.all("set-cookie"), *out.all("set-cookie")):
        assert cookie.startswith("__Host-")
        assert {"secure", "path=/", "samesite=lax"} <= set(cookie.lower().split("; "))
        assert "domain" not in cookie.lower()


async def test_a_key_that_was_slipped_in_before_signing_in_opens_nothing_after_it(town: Town) -> None:
    slipped = "A" * 43

    answer = await enter(town, cookie=f"__Host-session={slipped}")

    assert key_in(answer) != slipped
    assert not await is_signed_in(town, slipped)


async def test_signing_in_again_replaces_the_browsers_session(town: Town) -> None:
    first = key_in(await enter(town))

    second = key_in(await enter(town, cookie=f"__Host-session={first}"))

    assert [await is_signed_in(town, key) for key in (first, second)] == [False, True]


async def test_a_stolen_key_is_dead_after_signing_out(town: Town) -> None:
    stolen = town.keys["olive"]

    answer = await town.post("/sign-out", "olive")

    assert answer["clear-site-data"] == '"cache", "storage"'
    assert "Max-Age=0" in answer["set-cookie"]
    assert not await is_signed_in(town, stolen)


@pytest.mark.parametrize("place", ["query", "header", "bearer", "other cookie"])
async def test_a_key_counts_in_its_cookie_and_nowhere_else(town: Town, place: str) -> None:
    key = town.keys["olive"]
    headers = {"header": [("x-session", key)], "bearer": [("authorization", f"Bearer {key}")]}
    headers["other cookie"] = [("cookie", f"session={key}; __Secure-session={key}")]

    target = f"/settings?{urlencode({'__Host-session': key, 'session': key})}"
    answer = await town.ask("GET", target, headers=[*HTML, *headers.get(place, [])])

    assert answer.status == 303


async def test_a_new_password_ends_the_sessions_elsewhere(town: Town) -> None:
    here, elsewhere = town.keys["olive"], key_in(await enter(town))

    await town.post(
        "/settings/password", "olive", {"current": PASSWORD, "password": "six words are better than none"}
    )

    assert [await is_signed_in(town, key) for key in (here, elsewhere)] == [True, False]


async def test_one_may_end_ones_other_sessions_and_no_one_elses(town: Town) -> None:
    here, elsewhere = town.keys["olive"], key_in(await enter(town))

    await town.post("/settings/sessions/sign-out", "olive")

    assert [await is_signed_in(town, key) for key in (here, elsewhere, town.keys["ivan"])] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("how", ["sign-out", "deactivation"])
async def test_an_administrator_ends_all_sessions_of_somebody(town: Town, how: str) -> None:
    keys = [town.keys["olive"], key_in(await enter(town))]

    await town.post(f"/settings/people/person_{town.ids['olive']}/{how}", "ada")

    assert [await is_signed_in(town, key) for key in keys] == [False, False]
    assert (await enter(town)).status == (303 if how == "sign-out" else 422)
