from __future__ import annotations

from datetime import time

import pytest

from app.incidents.on_call import calendars, rotas
from app.incidents.on_call.rotas import Handover
from app.incidents.on_call.words import Weekday
from app.incidents.words import IncidentRole
from app.security import people
from app.security.permissions import SYSTEM, Actor, Role, granted
from app.storage.engine import Database
from tests.app.doors.conftest import Doors

pytestmark = pytest.mark.anyio


@pytest.fixture
async def address(doors: Doors) -> str:
    """The path of the calendar of an operator who is on call."""
    database = await Database.open(doors.database_url)
    async with database.unit_of_work() as work:
        key = await people.add(work, SYSTEM, email="o@example.com", name="Olive", roles=[Role.OPERATOR])
        handover = Handover(Weekday.MONDAY, time(9), "Europe/Berlin")
        await rotas.set_rota(work, SYSTEM, IncidentRole.OPERATOR, [key], handover)
        olive = Actor("person", key, "Olive", scopes=granted([Role.OPERATOR]))
        _, secret = await calendars.renew(work, olive, everybody=False)
    await database.close()
    return calendars.address("", secret)


async def test_a_calendar_is_read_without_signing_in(doors: Doors, address: str) -> None:
    answer = await doors.http.get(address)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "SUMMARY:Olive is on call (operator)\r\n" in answer.text


async def test_what_has_not_changed_is_not_sent_again(doors: Doors, address: str) -> None:
    tag = (await doors.http.get(address)).headers["etag"]

    again = await doors.http.get(address, headers={"if-none-match": tag})
    other = await doors.http.get(address, headers={"if-none-match": '"x"'})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert other.status_code == 200


async def test_an_address_that_nobody_made_leads_nowhere(doors: Doors) -> None:
    answer = await doors.http.get("/on-call/guessed.ics")

    assert answer.status_code == 404
    assert "Make a new one" in answer.text
