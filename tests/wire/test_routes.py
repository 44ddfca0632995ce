"""Who reaches what, over every route that there is."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.wire import routes
from tests.wire.conftest import CAST, HTML, Town, fingerprint, furnish
from tests.wire.routes import COMMANDS, PAGES, address

pytestmark = pytest.mark.anyio

# Without a document `/graphql` is a page for people and nothing for programs.
SHUT = [path for path in PAGES if path != "/graphql"]
POWERS = "select array_agg(id) from person where 'admin' = any(roles) and deactivated_at is null"
# What a form must never be able to set, whatever its names are.
MORE = {
    "id": "1",
    "person_id": "1",
    "personId": "person_4",
    "roles": "admin",
    "is_admin": "true",
    "deactivated_at": "",
    "password_hash": "x",
    "owner_id": "4",
    "created_by": "person:4",
    "actor": "person:4",
}


@pytest.fixture(scope="module")
async def house(town: Town) -> Town:
    await furnish(town)
    return town


@pytest.fixture(scope="module")
async def token(town: Town) -> str:
    return await town.token("admin", "incidents:read", "incidents:write")


def test_every_route_is_described_here() -> None:
    described = {("POST", path) for path in (*COMMANDS, *routes.OUTSIDE, *routes.MACHINES)}
    described |= {("GET", path) for path in (*PAGES, *routes.PARTS, *routes.OPEN, routes.STREAM)}

    assert set(routes.routes()) == described


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_there_for_some_and_not_found_by_others(house: Town, path: str) -> None:
    found = {who: (await house.ask("GET", address(path), who, headers=HTML)).status for who in CAST}

    assert found == {who: 200 if who in PAGES[path] else 404 for who in CAST}


@pytest.mark.parametrize("path", SHUT)
async def test_nobody_is_led_to_sign_in_and_back(house: Town, path: str) -> None:
    answer = await house.ask("GET", f"{address(path)}?a=b%26c", headers=HTML)

    assert answer.status == 303
    assert answer["location"] == f"/sign-in?{urlencode({'next': address(path) + '?a=b%26c'})}"


@pytest.mark.parametrize("path", routes.PARTS)
async def test_a_part_of_a_page_leads_to_the_whole(house: Town, path: str) -> None:
    answer = await house.ask("GET", address(path), headers=HTML)

    assert answer["location"] == "/incidents/1"


@pytest.mark.parametrize("path", [*SHUT, routes.STREAM])
async def test_a_program_that_is_nobody_is_told_so(house: Town, path: str) -> None:
    answer = await house.ask("GET", address(path))

    assert (answer.status, answer["content-type"]) == (401, "application/problem+json")
    assert answer["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", SHUT)
async def test_a_token_opens_no_page(house: Town, token: str, path: str) -> None:
    answer = await house.ask("GET", address(path), headers=[("authorization", f"Bearer {token}")])

    assert answer.status == 401


@pytest.mark.parametrize("path", COMMANDS)
async def test_a_command_of_somebody_who_may_not_changes_nothing(house: Town, path: str) -> None:
    command = COMMANDS[path]
    before = await fingerprint(house)

    for who in (None, *sorted(routes.EVERYBODY - command.may)):
        answer = await house.post(address(path), who, command.form)
        assert answer.status in (401, 403, 404), who

    assert await fingerprint(house) == before


@pytest.mark.parametrize("path", COMMANDS)
async def test_a_command_is_carried_out_and_sets_its_own_fields_and_no_others(
    own_town: Town, path: str
) -> None:
    await furnish(own_town)
    command, who = COMMANDS[path], max(COMMANDS[path].may)
    more = {name: value for name, value in MORE.items() if name not in command.form}
    # Theirs alone may end: the others' sessions are not found.
    target = address(path).replace("session_1", f"session_{own_town.ids[who]}")

    answer = await own_town.post(target, who, {**more, **command.form})

    assert answer.status in command.answers
    assert await own_town.one(POWERS) == [own_town.ids["ada"]]
