"""One incident of the past, written down as the core would have written it at the time.

The core itself cannot write it: it goes by the database's clock, which nobody can set back. A test plays the
same incident through both and compares.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from app.demo.history.ledger import Ledger, Policy, Row
from app.incidents import rules, timeline
from app.incidents.rules import Verdict
from app.incidents.words import ChecklistKey, IncidentRole, IncidentStatus, Severity
from app.security.permissions import Actor

BETWEEN_TRANSACTIONS = timedelta(milliseconds=3)


class Record:
    """An incident's row, its timeline and what is still to come. `now` is the moment of a transaction."""

    def __init__(self, ledger: Ledger, number: int, policy: Policy, rng: Random, begins_at: datetime) -> None:
        self.ledger = ledger
        self.number = number
        self.policy = policy
        self.rng = rng
        self.now = begins_at
        self.row: Row = {}
        self.steps: list[Row] = []
        self.pages: list[Row] = []
        self.alerts: list[Row] = []
        self.owed: Row | None = None
        self.checklist: dict[ChecklistKey, Row] = {}
        self.duties: list[Row] = []
        self.messages: list[Row] = []
        self.taking_part: set[tuple[int | None, IncidentRole]] = set()
        self._order = itertools.count()
        self._coming: list[tuple[datetime, int, Callable[[], None]]] = []

    @property
    def status(self) -> IncidentStatus:
        """Where the incident stands."""
        return IncidentStatus(self.row["status"])

    @property
    def severity(self) -> Severity:
        """How bad it is at this moment."""
        return Severity(self.row["severity"])

    @property
    def is_over(self) -> bool:
        """Whether nobody works on it any more."""
        return self.status not in rules.OPEN

    def later(self, delay: timedelta, act: Callable[[], None]) -> None:
        """Let something happen `delay` from now."""
        heapq.heappush(self._coming, (self.now + delay, next(self._order), act))

    def play(self) -> None:
        """Let everything happen that is planned, in order of time, and what follows from it."""
        while self._coming:
            moment, _, act = heapq.heappop(self._coming)
            self.now = max(self.now + BETWEEN_TRANSACTIONS, moment)
            act()

    def begin(
        self, actor: Actor, title: str, verdict: Verdict, *, source_id: int | None, group_key: str | None
    ) -> None:
        """Write the incident's row and the first entry of its timeline."""
        self.row = self.ledger.add(
            "incident",
            id=self.number,
            title=title,
            severity=verdict.severity.value,
            severity_source="human" if source_id is None else "rule",
            status=IncidentStatus.TRIGGERED.value,
            generation=1,
            version=1,
            source_id=source_id,
            group_key=group_key,
            policy_version_id=self.policy.version_id,
            commander_id=None,
            acknowledged_by=None,
            triggered_at=self.now,
            acknowledged_at=None,
            mitigated_at=None,
            resolved_at=None,
            closed_at=None,
            last_seq=0,
            last_hash=timeline.GENESIS,
        )
        self.append(actor, "triggered", f"{title}: {verdict.reason}", rule=verdict.rule)

    def append(
        self, actor: Actor, kind: str, text: str, *, occurred_at: datetime | None = None, **payload: Any
    ) -> None:
        """Add an entry to the timeline's chain, and to the activity feed."""
        self.row["last_seq"] += 1
        entry = {
            "incident_id": self.number,
            "seq": self.row["last_seq"],
            "kind": kind,
            "actor": actor.reference,
            "actor_name": actor.name,
            "occurred_at": occurred_at or self.now,
            "recorded_at": self.now,
            "text": text,
            "payload": payload,
        }
        previous, self.row["last_hash"] = self.row["last_hash"], timeline.link(self.row["last_hash"], entry)
        self.ledger.add("incident_event", **entry, previous_hash=previous, hash=self.row["last_hash"])
        self.ledger.add(
            "activity_event",
            stream="incidents",
            kind=f"incident.{kind}",
            summary=f"OPS-{self.number}: {text}",
            occurred_at=entry["occurred_at"],
            recorded_at=self.now,
            subject_path=f"/incidents/{self.number}",
            payload={},
            value=1.0,
        )

    def owe(self, key: ChecklistKey) -> None:
        """Add a step of the checklist, open."""
        self.checklist[key] = self.ledger.add(
            "checklist_item",
            incident_id=self.number,
            generation=self.row["generation"],
            key=key.value,
            done_at=None,
            done_by=None,
            evidence={},
            evidence_url=None,
        )

    def oblige(self, kind: str, due_at: datetime, *, ordinal: int = 1) -> Row:
        """Write down a duty that is open."""
        return self.ledger.add(
            "obligation",
            incident_id=self.number,
            generation=self.row["generation"],
            kind=kind,
            ordinal=ordinal,
            due_at=due_at,
            nudged_at=None,
            met_at=None,
            met_by=None,
            waived_by=None,
            waive_reason=None,
        )

    def touch(self) -> None:
        """Raise the version."""
        self.row["version"] += 1

    def move(self, wanted: IncidentStatus) -> None:
        """Take one step of the state machine."""
        if not rules.may_become(self.status, wanted):
            raise AssertionError(f"OPS-{self.number} cannot become {wanted} from {self.status}")
        self.row["status"] = wanted.value
        self.touch()

    def audit(self, actor: Actor, action: str, **changes: Any) -> None:
        """Write the command's audit row."""
        self.ledger.audit(self.now, actor, f"incident.{action}", ("incident", self.number), **changes)
