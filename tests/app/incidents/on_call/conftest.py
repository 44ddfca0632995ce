"""Two operators who take turns, at nine in Berlin, on a day that is not near: no test runs into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytest

from app.incidents.on_call import covers, now, planning, rotas
from app.incidents.on_call.now import Responder
from app.incidents.on_call.rotas import Handover
from app.incidents.on_call.rules import Shift
from app.incidents.on_call.words import Weekday
from app.incidents.words import IncidentRole
from app.security import people
from app.security.permissions import SYSTEM, Role
from tests.app.incidents.world import World

OPERATOR = IncidentRole.OPERATOR


@dataclass
class Rota:
    """The world, and who takes turns in it."""

    world: World
    olive: int
    oscar: int
    handover: Handover

    async def set(self, members: Sequence[int], handover: Handover | None = None) -> int:
        return await self.world.do(rotas.set_rota, SYSTEM, OPERATOR, members, handover or self.handover)

    async def cover(self, person: int, begins_in: float = 0, hours: float = 8) -> int:
        clock = await self.now()
        begins = clock + timedelta(hours=begins_in)
        ends = begins + timedelta(hours=hours)
        return await self.world.do(
            covers.cover, self.world.ivan, OPERATOR, person, begins_at=begins, ends_at=ends
        )

    async def on_call(self, role: IncidentRole = OPERATOR) -> Responder | None:
        async with self.world.database.unit_of_work() as work:
            return await now.on_call(work.session, role)

    async def plan(self) -> int:
        return await planning.plan_all(self.world.database)

    async def now(self) -> datetime:
        found: datetime = await self.world.one("select clock_timestamp()")
        return found

    async def shifts(self) -> list[Shift]:
        columns = "select person_id, source, begins_at, ends_at from on_call_shift"
        return [Shift(*row) for row in await self.world.rows(f"{columns} order by role, begins_at")]

    async def deactivate(self, person: int) -> None:
        await self.world.change(
            "update person set deactivated_at = clock_timestamp() where id = :id", id=person
        )


@pytest.fixture
async def rota(world: World) -> Rota:
    return await staffed(world)


async def staffed(world: World) -> Rota:
    """Let Olive and Oscar take turns; Olive is on call."""
    oscar = await world.do(
        people.add, SYSTEM, email="oscar@example.com", name="Oscar", roles=[Role.OPERATOR.value]
    )
    assert world.olive.id is not None
    today = await world.one("select extract(isodow from clock_timestamp())::int")
    handover = Handover(list(Weekday)[(today + 2) % 7], time(9), "Europe/Berlin")
    made = Rota(world, world.olive.id, oscar, handover)
    await made.set([made.olive, made.oscar])
    return made
