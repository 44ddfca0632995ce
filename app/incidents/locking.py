"""Take an incident for one transaction. Who holds its row decides what comes next; clocks never do."""

from __future__ import annotations

from sqlalchemy import func, select

from app.errors import InvalidTransition, NotFound, StaleVersion
from app.incidents import rules
from app.incidents.models import Incident
from app.incidents.words import IncidentStatus
from app.storage.unit_of_work import UnitOfWork


async def lock(work: UnitOfWork, number: int, *, expected_version: int | None = None) -> Incident:
    """Lock an incident until the transaction ends.

    Raises: NotFound; StaleVersion when it is no longer what the caller saw.
    """
    incident = await work.session.get(Incident, number, with_for_update=True, populate_existing=True)
    if incident is None:
        raise NotFound(f"There is no incident OPS-{number}.", path=("number",))
    if expected_version is not None and incident.version != expected_version:
        raise StaleVersion(f"OPS-{number} has changed since you saw it. Look again, then decide.")
    return incident


async def lock_group(work: UnitOfWork, source_id: int, group_key: str) -> None:
    """Let one transaction at a time handle a group of a source, so that no two open or deadlock."""
    key = func.hashtextextended(group_key, source_id)
    await work.session.execute(select(func.pg_advisory_xact_lock(key)))


def touch(incident: Incident) -> None:
    """Raise the version: whoever has seen the older one must look again."""
    incident.version += 1


def move(incident: Incident, wanted: IncidentStatus) -> None:
    """Take one step of the state machine.

    Raises: InvalidTransition, which says what is possible instead.
    """
    if not rules.may_become(incident.status, wanted):
        allowed = sorted(status.value for status in rules.TRANSITIONS[incident.status])
        could = ", ".join(allowed) or "nothing"
        raise InvalidTransition(
            f"OPS-{incident.id} is {incident.status.value}; it can become {could}, not {wanted.value}.",
            current=incident.status.value,
            wanted=wanted.value,
            allowed=allowed,
        )
    incident.status = wanted
    touch(incident)
