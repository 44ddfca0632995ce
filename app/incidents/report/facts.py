"""Gather a report from the tables, all of it as it stood at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select

from app.errors import NotFound
from app.incidents import timeline
from app.incidents.models import Incident
from app.incidents.report import statements
from app.security.models import Person
from app.storage.unit_of_work import UnitOfWork

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is known of one incident. Times are UTC; rows are by the names of the API, oldest first.

    `head` is the hash of the timeline's last entry; `broken_at` its first entry that does not fit the chain.
    """

    incident: Row
    commander: str | None
    participants: Sequence[Row]
    decisions: Sequence[Row]
    escalation: Sequence[Row]
    pages: Sequence[Row]
    alerts: Sequence[Row]
    obligations: Sequence[Row]
    checklist: Sequence[Row]
    timeline: Sequence[Row]
    head: str
    broken_at: int | None

    @property
    def duration(self) -> timedelta | None:
        """From the trigger to the end; None while it lasts."""
        end: datetime | None = self.incident["resolved_at"]
        began: datetime = self.incident["triggered_at"]
        return end - began if end else None


async def gather(work: UnitOfWork, number: int) -> Report:
    """Read everything about one incident in one snapshot. The caller has asked whether it may be seen.

    Raises: NotFound.
    """
    await work.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    incident = await work.session.get(Incident, number)
    if incident is None:
        raise NotFound(f"There is no incident OPS-{number}.", path=("number",))
    commander = await work.session.get(Person, incident.commander_id) if incident.commander_id else None
    return Report(
        incident=(await _rows(work, statements.incident(number)))[0],
        commander=commander.name if commander else None,
        participants=await _rows(work, statements.participants(number)),
        decisions=await _rows(work, statements.decisions(number)),
        escalation=await _rows(work, statements.escalation(number)),
        pages=await _rows(work, statements.pages(number)),
        alerts=await _rows(work, statements.alerts(number)),
        obligations=await _rows(work, statements.obligations(number)),
        checklist=await _rows(work, statements.checklist(number)),
        timeline=await _rows(work, statements.timeline(number)),
        head=incident.last_hash.hex(),
        broken_at=await timeline.first_broken(work, incident),
    )


async def _rows(work: UnitOfWork, statement: Select[Any]) -> Sequence[Row]:
    return [dict(row) for row in (await work.session.execute(statement)).mappings()]
