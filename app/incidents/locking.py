"""Take incidents for one transaction. Who holds the row decides what comes next; clocks never do.

Order of locks, everywhere: a heartbeat, the group, then incidents by number, then what belongs to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Text, bindparam, func, select
from structlog.contextvars import bind_contextvars

from app import clock
from app.errors import InvalidTransition, NotFound, StaleVersion
from app.incidents import rules
from app.incidents.models import Incident
from app.incidents.words import IncidentStatus
from app.storage import arrays
from app.storage.unit_of_work import UnitOfWork


async def lock(work: UnitOfWork, number: int, *, expected_version: int | None = None) -> Incident:
    """Lock an incident until the transaction ends.

    Raises: NotFound; StaleVersion when it is no longer what the caller saw.
    """
    found = await lock_all(work, ONE, {"number": number})
    if not found:
        raise NotFound(f"There is no incident OPS-{number}.", path=("number",))
    bind_contextvars(incident=number)  # whatever this request or job logs from here on says so
    demand_version(found[0], expected_version)
    return found[0]


def locked(condition: ColumnElement[bool]) -> Select[Incident, datetime]:
    """The statement that locks the incidents that a condition names, in the order of their numbers.

    The moment comes with them: PostgreSQL computes it anew for a row that changed while we waited for it.
    """
    return (
        select(Incident, clock.now())
        .where(condition)
        .order_by(Incident.id)
        .with_for_update(of=Incident)
        .execution_options(populate_existing=True)
    )


ONE = locked(Incident.id == bindparam("number"))
_group = arrays.table("groups", source_id=BigInteger(), key=Text())
LOCK_GROUPS = select(
    func.count(func.pg_advisory_xact_lock(func.hashtextextended(_group.c.key, _group.c.source_id)))
)
MANY = locked(arrays.among(Incident.id, "numbers"))


async def lock_all(
    work: UnitOfWork, which: Select[Incident, datetime], values: Mapping[str, Any]
) -> Sequence[Incident]:
    """Lock what a statement made by `locked` finds, until the transaction ends."""
    found = (await work.session.execute(which, values)).all()
    moments = [moment for _, moment in found]
    work.moment = max(moments + ([work.moment] if work.moment else []), default=None)
    return [incident for incident, _ in found]


async def lock_many(work: UnitOfWork, numbers: Iterable[int]) -> Mapping[int, Incident]:
    """Lock incidents that exist until the transaction ends; answers them by their numbers."""
    found = await lock_all(work, MANY, {"numbers": sorted(set(numbers))})
    return {incident.id: incident for incident in found}


async def lock_groups(work: UnitOfWork, groups: Iterable[tuple[int, str]]) -> None:
    """Let one transaction at a time handle a group of a source, so that no two open an incident for it.

    In one order for everybody: two that took their locks in two would deadlock.
    """
    ordered = sorted(set(groups))
    values = arrays.bind("groups", source_id=(one for one, _ in ordered), key=(key for _, key in ordered))
    await work.session.execute(LOCK_GROUPS, values)


def demand_version(incident: Incident, expected: int | None) -> None:
    """Refuse a command that was given on an older state.

    Raises: StaleVersion.
    """
    if expected is not None and incident.version != expected:
        raise StaleVersion(f"OPS-{incident.id} has changed since you saw it. Look again, then decide.")


def touch(incident: Incident) -> None:
    """Raise the version: whoever has seen the older one must look again."""
    incident.version += 1


def move(incident: Incident, wanted: IncidentStatus) -> None:
    """Take one step of the state machine.

    Raises: InvalidTransition, which says what is possible instead.
    """
    if not rules.may_become(incident.status, wanted):
        could = ", ".join(_allowed(incident)) or "nothing"
        raise refusal(incident, wanted, f"it can become {could}, not {wanted.value}")
    incident.status = wanted
    touch(incident)


def refusal(incident: Incident, wanted: IncidentStatus, why: str) -> InvalidTransition:
    """Say that there is no such step from where the incident stands, and `why`."""
    where = f" into OPS-{incident.merged_into_id}" if incident.merged_into_id else ""
    return InvalidTransition(
        f"OPS-{incident.id} is {incident.status.value}{where}; {why}.",
        current=incident.status.value,
        wanted=wanted.value,
        allowed=_allowed(incident),
    )


def _allowed(incident: Incident) -> list[str]:
    return sorted(status.value for status in rules.TRANSITIONS[incident.status])
