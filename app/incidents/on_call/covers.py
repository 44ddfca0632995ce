"""Stand in for whoever has the turn. The cover that was made last wins, and may be called off."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.audit import trail
from app.errors import Conflict, InvalidInput, NotFound
from app.incidents.models import OnCallCover
from app.incidents.on_call import copying, planning, rotas
from app.incidents.on_call.rules import LONGEST_COVER
from app.incidents.words import IncidentRole
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork


async def cover(
    work: UnitOfWork,
    actor: Actor,
    role: IncidentRole,
    person_id: int,
    *,
    begins_at: datetime | None,
    ends_at: datetime,
) -> int:
    """Put a person on call in a role for a while, from now on if no beginning is named; answers its id.

    Raises: InvalidInput, naming the field.
    Source: PagerDuty, "Overrides": the last one created wins.
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    rotas.demand_on_call(role)
    await rotas.demand_members(work, role, [person_id], ("personId",))
    now = await planning.hold(work, role)
    begins = max(begins_at or now, now)  # what has been stays as it was
    _demand_time(begins, ends_at)
    made = OnCallCover(
        role=role,
        person_id=person_id,
        begins_at=begins,
        ends_at=ends_at,
        made_at=now,
        made_by=actor.name,
        attempts=0,
    )
    work.session.add(made)
    await copying.owe(work, made)
    await work.session.flush()
    await planning.plan(work, role)
    changes = {"person": person_id, "begins_at": begins.isoformat(), "ends_at": ends_at.isoformat()}
    await trail.record(work, actor, "on_call.cover", ("cover", made.id), role=role.value, **changes)
    work.announce("on_call")
    return made.id


async def cancel(work: UnitOfWork, actor: Actor, cover_id: int) -> int:
    """Call a cover off: from now on it is as if it had not been made.

    Raises: NotFound; Conflict when it is over.
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    role = await work.session.scalar(select(OnCallCover.role).where(OnCallCover.id == cover_id))
    if role is None:
        raise NotFound("Nobody stands in by this id.", path=("coverId",))
    now = await planning.hold(work, role)
    found = await work.session.get_one(OnCallCover, cover_id)
    if found.cancelled_at is not None or found.ends_at <= now:
        raise Conflict("This cover is over or was called off already.", path=("coverId",))
    found.cancelled_at, found.cancelled_by = now, actor.name
    await copying.owe(work, found)
    await work.session.flush()
    await planning.plan(work, role)
    await trail.record(work, actor, "on_call.cancel_cover", ("cover", cover_id), role=role.value)
    work.announce("on_call")
    return cover_id


def _demand_time(begins: datetime, ends: datetime) -> None:
    if ends <= begins:
        raise InvalidInput("It has to end after it begins, and not in the past.", path=("endsAt",))
    if ends - begins > LONGEST_COVER:
        weeks = LONGEST_COVER.days // 7
        raise InvalidInput(
            f"Somebody stands in for at most {weeks} weeks; change the rota.", path=("endsAt",)
        )
