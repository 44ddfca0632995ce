"""What anybody may read, asked for as anybody: nothing internal, little asked of the database, no script."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from app.incidents import opening, timeline
from app.incidents.communication import opting_out, posting
from app.incidents.communication.given import Given, Wanted
from app.incidents.models import Notice
from app.incidents.words import Severity
from app.security.permissions import SYSTEM, Actor, Role, granted
from app.storage.engine import Database
from app.templates import Audience, PublicStatus
from tests.app.doors.conftest import Doors

pytestmark = pytest.mark.anyio
ADDRESSES = ("/public", "/public/incidents/1", "/public.json", "/public.atom")
ATOM = "{http://www.w3.org/2005/Atom}"
# None of these may ever be read outside.
SECRETS = ("CANARY-TITLE", "CANARY-NOTE", "CANARY-NAME", "CANARY-INTERNAL", "CANARY-ENTERPRISE", "S2")
NAMED = Actor("token", 1, "CANARY-NAME", granted([Role.OPERATOR]), frozenset({Role.OPERATOR}))


async def tell(database: Database, number: int, status: PublicStatus, **options: Any) -> None:
    given = Given(["card payments"], options.pop("summary", "Some payments fail."))
    asked = Wanted(options.pop("audience", Audience.COMMUNITY), status, given)
    async with database.unit_of_work() as work:
        await posting.post(work, NAMED, number, asked, base_url="https://ops.example")


@pytest.fixture
async def told(doors: Doors, database: Database) -> Doors:
    """An incident with everything that must not leak, and two messages to the community."""
    async with database.unit_of_work() as work:
        await opening.declare(work, NAMED, title="CANARY-TITLE", severity=Severity.S2)
        await timeline.note(work, NAMED, 1, text="CANARY-NOTE")
    inside = (("CANARY-INTERNAL", Audience.INTERNAL), ("CANARY-ENTERPRISE", Audience.ENTERPRISE))
    for summary, audience in inside:
        await tell(database, 1, PublicStatus.INVESTIGATING, summary=summary, audience=audience)
    await tell(database, 1, PublicStatus.INVESTIGATING)
    await tell(database, 1, PublicStatus.IDENTIFIED)
    return doors


@pytest.mark.parametrize("address", ADDRESSES)
async def test_nothing_internal_is_read_outside(told: Doors, address: str) -> None:
    answer = await told.http.get(address)

    assert answer.status_code == 200
    assert [secret for secret in SECRETS if secret in answer.text] == []
    assert "card payments" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("address", ADDRESSES)
async def test_it_is_the_same_for_everybody_and_may_be_kept_for_a_moment(told: Doors, address: str) -> None:
    first = await told.http.get(address, headers={"cookie": "tz=Asia/Tokyo; theme=dark"})
    again = await told.http.get(address, headers={"if-none-match": first.headers["etag"]})

    assert first.headers["cache-control"].startswith("public, max-age=15")
    assert (again.status_code, again.content) == (304, b"")


async def test_the_pages_need_no_script_and_no_sign_in(told: Doors) -> None:
    for address in ADDRESSES[:2]:
        answer = await told.http.get(address)

        assert "<script" not in answer.text
        assert "script-src 'self'" in answer.headers["content-security-policy"]


async def test_the_newest_word_comes_first(told: Doors) -> None:
    text = (await told.http.get("/public")).text

    assert re.findall(r'<span class="tag \w*">(\w+)</span>', text) == ["Identified", "Investigating"]


async def test_programs_read_the_same(told: Doors) -> None:
    found = json.loads((await told.http.get("/public.json")).text)

    [incident] = found["incidents"]
    assert (found["status"], incident["status"], incident["affected"]) == (
        "incident",
        "identified",
        ["card payments"],
    )
    assert [one["status"] for one in incident["updates"]] == ["identified", "investigating"]


async def test_feed_readers_get_an_entry_for_each_message(told: Doors) -> None:
    answer = await told.http.get("/public.atom")

    root = ElementTree.fromstring(answer.text)
    titles = [one.findtext(f"{ATOM}title") for one in root.iter(f"{ATOM}entry")]
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert titles == [
        "Problems with card payments: we know the cause (identified)",
        "Problems with card payments (investigating)",
    ]
    assert len({one.findtext(f"{ATOM}id") for one in root.iter(f"{ATOM}entry")}) == 2


async def test_what_nobody_outside_was_told_of_does_not_exist(doors: Doors, database: Database) -> None:
    async with database.unit_of_work() as work:
        await opening.declare(work, SYSTEM, title="CANARY-TITLE", severity=Severity.S2)

    hidden, absent = [await doors.http.get(f"/public/incidents/{number}") for number in (1, 4711)]

    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert "card payments" not in (await doors.http.get("/public")).text


async def test_what_is_over_moves_into_the_history_for_90_days(told: Doors, database: Database) -> None:
    await tell(database, 1, PublicStatus.RESOLVED)

    text = (await told.http.get("/public")).text

    assert "We know of nothing that does not work." in text
    assert "card payments" in text


async def way_out(told: Doors, database: Database) -> str:
    async with database.unit_of_work() as work:
        notice = Notice(subscriber_id=1, queued_at=await work.now())
        found = opting_out.token_of("k" * 32, notice)
    assert found
    return found


async def test_one_press_takes_a_reader_off_the_list(told: Doors, database: Database) -> None:
    insert = "insert into subscriber (audience, email, name, added_at, added_by)"
    await told.one(
        f"{insert} values ('community', 'a@example.org', 'A', clock_timestamp(), 'A') returning id"
    )
    token = await way_out(told, database)

    looked = await told.http.get(f"/hooks/unsubscribe/{token}")
    shown = await told.http.get(f"/unsubscribe/{token}")
    still = await told.one("select opted_out_at is null from subscriber")
    pressed = await told.http.post(f"/hooks/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})

    assert (looked.status_code, looked.headers["location"]) == (303, f"/unsubscribe/{token}")
    assert "a@example.org" in shown.text
    assert (still, pressed.status_code) == (True, 204)
    assert await told.one("select opted_out_at is not null from subscriber")
    assert (await told.http.post("/hooks/unsubscribe/none")).status_code == 401
