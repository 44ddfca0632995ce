"""Who takes turns in the demo: the operators week by week, and somebody covers a day of it."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Final

from app.demo.people import JONAS, MARA, PRIYA, WREN, Member
from app.incidents.on_call import covers, rotas
from app.incidents.on_call.rotas import Handover
from app.incidents.on_call.words import Weekday
from app.incidents.words import IncidentRole
from app.security.permissions import SYSTEM
from app.storage.unit_of_work import UnitOfWork

HANDOVER: Final = Handover(Weekday.MONDAY, time(9), "Europe/Berlin")
ROTAS: Final[dict[IncidentRole, tuple[Member, ...]]] = {
    IncidentRole.OPERATOR: (MARA, WREN),
    IncidentRole.INCIDENT_COMMANDER: (JONAS,),
    IncidentRole.POLICY_OWNER: (PRIYA,),
}
COVERED_AHEAD, COVERED_FOR = timedelta(days=9), timedelta(days=2)


async def set_up(work: UnitOfWork) -> None:
    """Set every rota, and let Mara stand in once."""
    for role, members in ROTAS.items():
        await rotas.set_rota(work, SYSTEM, role, [one.id for one in members], HANDOVER)
    begins = await work.now() + COVERED_AHEAD
    ends = begins + COVERED_FOR
    await covers.cover(work, SYSTEM, IncidentRole.OPERATOR, MARA.id, begins_at=begins, ends_at=ends)
