from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Forbidden, NotFound
from app.incidents.on_call import calendars, icalendar
from app.incidents.on_call.shifts import Entry
from app.incidents.on_call.words import ShiftSource
from app.incidents.words import IncidentRole
from app.security.permissions import SYSTEM
from tests.app.incidents.on_call.conftest import Rota

URL = "https://ops.example"
AT = datetime(2026, 11, 30, 8, tzinfo=UTC)


def entry(name: str = "Mara", number: int = 7, ends: datetime | None = AT + timedelta(days=7)) -> Entry:
    return Entry(number, IncidentRole.OPERATOR, name, ShiftSource.COVER, AT, ends, AT - timedelta(days=1))


def lines(body: bytes) -> list[str]:
    """The lines as a calendar program reads them: unfolded."""
    return body.decode().replace("\r\n ", "").split("\r\n")


async def read(rota: Rota, secret: str) -> list[str]:
    async with rota.world.database.unit_of_work() as work:
        return lines(await calendars.read(work, secret, URL))


def field(found: list[str], name: str) -> list[str]:
    return [line.partition(":")[2] for line in found if line.startswith(f"{name}:")]


def test_a_shift_is_an_event_in_utc() -> None:
    found = lines(icalendar.calendar("On call", [entry()], URL))

    assert found[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Opsbook//On call//EN"]
    event = found[found.index("BEGIN:VEVENT") : found.index("END:VEVENT")]
    assert event[1:8] == [
        "UID:operator.20261130T080000Z@ops.example",
        "SEQUENCE:7",
        "DTSTAMP:20261129T080000Z",
        "LAST-MODIFIED:20261129T080000Z",
        "DTSTART:20261130T080000Z",
        "DTEND:20261207T080000Z",
        "SUMMARY:Mara is on call (operator)",
    ]
    assert found[-2:] == ["END:VCALENDAR", ""]


@given(st.text(min_size=1, max_size=300))
def test_long_and_odd_names_are_folded_and_escaped(name: str) -> None:
    body = icalendar.calendar(name, [entry(name)], URL)

    assert all(len(line) <= icalendar.LONGEST_LINE for line in body.split(b"\r\n"))
    assert body.count(b"BEGIN:VEVENT") >= 1
    [summary] = [line for line in lines(body) if line.startswith("SUMMARY:")]
    assert "\n" not in summary


def test_commas_and_semicolons_are_text() -> None:
    found = lines(icalendar.calendar("On call", [entry("A, B; C\\D\nE")], URL))

    assert field(found, "SUMMARY") == ["A\\, B\\; C\\\\D\\nE is on call (operator)"]


@pytest.mark.anyio
async def test_ones_own_calendar_has_ones_own_shifts_and_the_other_everybodys(rota: Rota) -> None:
    _, mine = await rota.world.do(calendars.renew, rota.world.olive, everybody=False)
    _, all_of_them = await rota.world.do(calendars.renew, rota.world.olive, everybody=True)

    own, every = await read(rota, mine), await read(rota, all_of_them)

    assert {one.split()[0] for one in field(own, "SUMMARY")} == {"Olive"}
    assert {one.split()[0] for one in field(every, "SUMMARY")} == {"Olive", "Oscar"}
    assert len(set(field(every, "UID"))) == len(field(every, "UID"))
    assert await rota.world.one("select count(last_read_at) from on_call_calendar") == 2


@pytest.mark.anyio
async def test_a_change_keeps_the_uid_and_raises_the_sequence(rota: Rota) -> None:
    _, secret = await rota.world.do(calendars.renew, rota.world.olive, everybody=True)
    before = await read(rota, secret)
    await rota.set([rota.olive, rota.oscar, rota.oscar][:2])
    unchanged = await read(rota, secret)

    await rota.cover(rota.oscar, hours=2)

    after = await read(rota, secret)
    assert field(unchanged, "UID") == field(before, "UID")
    assert field(unchanged, "SEQUENCE") == field(before, "SEQUENCE")
    assert set(field(before, "UID")) <= set(field(after, "UID"))
    newest = max(map(int, field(after, "SEQUENCE")))
    assert newest > max(map(int, field(before, "SEQUENCE")))


@pytest.mark.anyio
async def test_a_new_address_takes_the_place_of_the_old_one_and_is_revoked(rota: Rota) -> None:
    world = rota.world
    _, old = await world.do(calendars.renew, world.olive, everybody=True)
    key, new = await world.do(calendars.renew, world.olive, everybody=True)
    with pytest.raises(NotFound):
        await read(rota, old)
    with pytest.raises(NotFound):
        await world.do(calendars.revoke, world.ivan, key)
    assert await read(rota, new)

    await world.do(calendars.revoke, world.olive, key)

    with pytest.raises(NotFound):
        await read(rota, new)


@pytest.mark.anyio
async def test_the_calendar_of_somebody_who_was_deactivated_is_gone(rota: Rota) -> None:
    _, secret = await rota.world.do(calendars.renew, rota.world.olive, everybody=True)

    await rota.deactivate(rota.olive)

    with pytest.raises(NotFound):
        await read(rota, secret)


@pytest.mark.anyio
async def test_only_a_person_has_a_calendar(rota: Rota) -> None:
    with pytest.raises(Forbidden):
        await rota.world.do(calendars.renew, SYSTEM, everybody=True)
