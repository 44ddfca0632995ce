"""The rows of a history, by table, before they are loaded."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.incidents.words import IncidentRole
from app.security.permissions import Actor

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Policy:
    """The version of the escalation policy that was in force all along: whom to page how long after."""

    version_id: int
    rungs: tuple[tuple[IncidentRole, timedelta], ...]


class Ledger:
    """Collects rows. Pages get their ids here, since timelines name them; other rows in the database."""

    def __init__(self) -> None:
        self._tables: dict[str, list[Row]] = defaultdict(list)
        self._page_ids, self._message_ids = itertools.count(1), itertools.count(1)

    @property
    def tables(self) -> Mapping[str, list[Row]]:
        """All rows by table; those that are told in order of time stand in it."""
        for table, moment in (("activity_event", "recorded_at"), ("audit_event", "time")):
            self._tables[table].sort(key=lambda row: row[moment])
        self._tables["incident_event"].sort(key=lambda row: row["recorded_at"])
        return self._tables

    def add(self, table: str, **row: Any) -> Row:
        """Add a row; it may be changed until all of them are loaded."""
        self._tables[table].append(row)
        return row

    def page_id(self) -> int:
        """Take the next id of a page."""
        return next(self._page_ids)

    def message_id(self) -> int:
        """Take the next id of a message to readers."""
        return next(self._message_ids)

    def audit(
        self, at: datetime, actor: Actor, action: str, target: tuple[str, int | str], **changes: Any
    ) -> None:
        """Add what `app.audit.trail` would have written."""
        self.add(
            "audit_event",
            time=at,
            action=action,
            outcome="done",
            actor=actor.reference,
            actor_name=actor.name,
            target_type=target[0],
            target_id=str(target[1]),
            changes=changes,
        )
