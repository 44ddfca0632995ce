"""Who is on call until when, who takes turns, who stands in, and the viewer's calendars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Integer, Text, func, or_, select

from api import plan, viewer
from api.node import Node
from api.people import PERSON, Person
from api.plan import Arguments, column
from api.plan.declare import Argument, Condition
from api.words import IncidentRole, ShiftSource, Weekday
from app import clock
from app.incidents import models
from app.incidents.on_call import now
from app.security.models import Person as PersonTable

ROTA = models.Rota.__table__.c
COVER = models.OnCallCover.__table__.c
SHIFT = models.OnCallShift.__table__.c
CALENDAR = models.OnCallCalendar.__table__.c

sees = viewer.SEES_INCIDENTS
MOST_DAYS = 1000  # beyond it nothing is planned

_holder = PersonTable.__table__.alias("holder")
_best = models.OnCallShift.__table__.alias("best")
_first = (
    select(_best.c.id)
    .where(_best.c.role == SHIFT.role, now.runs(_best.c), now.reaches_somebody(_best.c))
    .order_by(*now.best_first(_best.c))
    .limit(1)
    .scalar_subquery()
)
# The one shift of each role that counts now. What runs is a handful: only for those the first is looked for.
NOW = now.runs(SHIFT) & (SHIFT.id == _first)
CURRENT = ROTA.replaced_at.is_(None)
AHEAD = COVER.cancelled_at.is_(None) & (COVER.ends_at > clock.once())
LIVE = CALENDAR.revoked_at.is_(None)


@plan.table_type(
    models.OnCallShift.__table__,
    sees=sees,
    node="shift",
    description="Somebody is on call in a role from one moment until another. What changes is another one.",
)
class OnCallShift(Node):
    """A shift."""

    role: IncidentRole = column(SHIFT.role, "For what they are paged.")
    name: str = column(
        func.coalesce(
            select(_holder.c.name).where(_holder.c.id == SHIFT.person_id).scalar_subquery(), SHIFT.name
        ),
        "Who it is.",
    )
    person: Person | None = plan.one(PERSON.id == SHIFT.person_id, "Who it is here; null if not known here.")
    source: ShiftSource = column(SHIFT.source, "By whose word.")
    begins_at: datetime = column(SHIFT.begins_at, "When it begins.")
    ends_at: datetime | None = column(SHIFT.ends_at, "When it ends; null goes on.")
    planned_at: datetime = column(SHIFT.planned_at, "When this was last changed, or heard from PagerDuty.")


@plan.table_type(
    models.Rota.__table__,
    sees=sees,
    node="rota",
    description="Who takes turns in a role, a week each. It is never changed: another replaces it.",
)
class Rota(Node):
    """A rota."""

    role: IncidentRole = column(ROTA.role, "In which role.")
    members: list[Person] = plan.many(
        func.array_position(ROTA.members, PERSON.id).is_not(None),
        "Who takes turns, in this order.",
        order=[func.array_position(ROTA.members, PERSON.id)],
        size=5,
    )
    handover_day: Weekday = column(ROTA.weekday, "On which day it is handed over.")
    handover_time: str = column(func.to_char(ROTA.at, "HH24:MI"), "At what time, as in `09:00`.")
    time_zone: str = column(ROTA.zone, "By the clock of this zone.")
    set_at: datetime = column(ROTA.set_at, "When it was set; then the first was on call.")
    set_by: str = column(ROTA.set_by, "Who set it.")
    replaced_at: datetime | None = column(ROTA.replaced_at, "When another took its place.")


@plan.table_type(
    models.OnCallCover.__table__,
    sees=sees,
    node="cover",
    description="Somebody stands in for a while. The one that was made last counts.",
)
class OnCallCover(Node):
    """A cover."""

    role: IncidentRole = column(COVER.role, "In which role.")
    person: Person | None = plan.one(PERSON.id == COVER.person_id, "Who stands in.")
    begins_at: datetime = column(COVER.begins_at, "From when.")
    ends_at: datetime = column(COVER.ends_at, "Until when.")
    made_at: datetime = column(COVER.made_at, "When it was made.")
    made_by: str = column(COVER.made_by, "Who made it.")
    cancelled_at: datetime | None = column(COVER.cancelled_at, "When it was called off.")
    cancelled_by: str | None = column(COVER.cancelled_by, "Who called it off.")
    told_at: datetime | None = column(COVER.told_at, "When PagerDuty was told, if it is to be.")
    last_error: str | None = column(COVER.last_error, "Why PagerDuty could not be told.")


@plan.table_type(
    models.OnCallCalendar.__table__,
    sees=CALENDAR.person_id == viewer.PERSON_ID,
    node="calendar",
    description="A private address of yours at which a calendar program reads shifts.",
)
class OnCallCalendar(Node):
    """A calendar of the viewer."""

    everybody: bool = column(CALENDAR.everybody, "Whether it shows everybody's shifts, not only yours.")
    made_at: datetime = column(CALENDAR.made_at, "When its address was made.")
    last_read_at: datetime | None = column(CALENDAR.last_read_at, "When a program last read it; to the hour.")
    revoked_at: datetime | None = column(CALENDAR.revoked_at, "Since when its address leads nowhere.")


def ahead(arguments: Arguments) -> Iterator[Condition]:
    """Shifts that have not ended, of one role and before a moment if so asked."""
    yield or_(SHIFT.ends_at.is_(None), SHIFT.ends_at > clock.once())
    yield now.reaches_somebody(SHIFT)
    yield now.is_heard(SHIFT)
    if arguments.has("role"):
        yield SHIFT.role == arguments.hole("role", Text())
    if arguments.has("days"):
        days = func.least(arguments.hole("days", Integer()), MOST_DAYS)
        yield SHIFT.begins_at < clock.now() + func.make_interval(0, 0, 0, days)


SHIFTS = (
    Argument("role", IncidentRole | None, "One role alone.", None),
    Argument(
        "days", int | None, "Only what begins within so many days; all that is planned if absent.", None
    ),
)
