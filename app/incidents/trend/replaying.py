"""Run decisions again from what was kept of them, under the rules of their time: they have to agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from app.incidents import rules
from app.incidents.models import SeverityDecision
from app.incidents.severity import PERSON
from app.incidents.trend import evidence
from app.incidents.trend.rules import find
from app.incidents.words import AlertSeverity, Severity
from app.storage.unit_of_work import UnitOfWork

Kept = Mapping[str, Any]
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that came out differently; `again` is None when its evidence or its rules are missing."""

    incident: int
    decision: int
    decided: Severity
    again: Severity | None


@dataclass(slots=True)
class Replay:
    """What came of it. What people decided has no rule to run again."""

    alike: int = 0
    by_people: int = 0
    differences: list[Difference] = field(default_factory=list)


async def replay(work: UnitOfWork, number: int | None = None) -> Replay:
    """Run every stored decision again, or those of one incident."""
    wanted = select(SeverityDecision).order_by(SeverityDecision.id).execution_options(yield_per=AT_ONCE)
    if number is not None:
        wanted = wanted.where(SeverityDecision.incident_id == number)
    found = Replay()
    async for decision in await work.session.stream_scalars(wanted):
        if decision.rule == PERSON:
            found.by_people += 1
            continue
        again = decide(decision.rule_version, decision.evidence)
        if again is decision.to_severity:
            found.alike += 1
        else:
            difference = (decision.incident_id, decision.id, decision.to_severity, again)
            found.differences.append(Difference(*difference))
    return found


def decide(version: int, kept: Kept) -> Severity | None:
    """What the rules of a version say to evidence; None when there is nothing to say it from."""
    said = VERSIONS[version](kept) if version in VERSIONS else ()
    return min(said, key=lambda severity: severity.rank, default=None)


def _by_alerts(kept: Kept) -> Iterator[Severity]:
    for alert in kept.get("alerts", ()):
        yield rules.classify(AlertSeverity(alert["severity"]), alert["labels"]).severity


def _by_alerts_and_trend(kept: Kept) -> Iterator[Severity]:
    yield from _by_alerts(kept)
    if line := kept.get("trend"):
        yield find(evidence.read(line)).severity


# Who changes a rule adds a version here and keeps what the older ones said.
VERSIONS: Mapping[int, Callable[[Kept], Iterator[Severity]]] = {1: _by_alerts, 2: _by_alerts_and_trend}
