"""What signals do: open an incident, join or worsen the one that is open, take one up again, end one.

Source: state machine; all alerts over may end S2 and S3, only a person ends S0 and S1.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, or_, select, union_all

from app import clock
from app.incidents import locking, opening, resolution, rules, severity, timeline
from app.incidents.intake import alerts
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import Alert, Incident
from app.incidents.words import AlertStatus, IncidentStatus
from app.security.permissions import SYSTEM, Actor
from app.storage.unit_of_work import UnitOfWork

MAX_EVIDENCE = 20

_recently = Incident.resolved_at >= clock.once() - rules.REOPEN_WITHIN
_of_group = select(Incident.id).where(
    Incident.source_id == bindparam("source_id"),
    Incident.group_key == bindparam("group_key"),
    or_(Incident.status.in_(rules.OPEN), (Incident.status == IncidentStatus.RESOLVED) & _recently),
)
_of_alerts = select(Alert.incident_id).where(*alerts.ARE_MEANT)
LOCK_GROUP = locking.locked(Incident.id.in_(_of_group))
LOCK_BOTH = locking.locked(Incident.id.in_(union_all(_of_group, _of_alerts)))


async def apply(
    work: UnitOfWork, source_id: int, actor: Actor, group_key: str, signals: Sequence[AlertSignal]
) -> None:
    """Apply the signals of one group, whose lock the caller holds."""
    firing = [signal for signal in signals if signal.action == "trigger"]
    quiet = [signal for signal in signals if signal.action != "trigger"]
    incidents = await _lock(work, source_id, group_key, quiet)
    if firing:
        await _fire(work, source_id, actor, group_key, firing, _current(incidents, group_key))
    for incident in incidents:
        await _quieten(work, source_id, incident, quiet)


async def _lock(
    work: UnitOfWork, source_id: int, group_key: str, quiet: Sequence[AlertSignal]
) -> Sequence[Incident]:
    """Lock what this body may change: the group's own incident, and those whose alerts it says are over."""
    values = {"source_id": source_id, "group_key": group_key}
    if not quiet:
        return await locking.lock_all(work, LOCK_GROUP, values)
    return await locking.lock_all(work, LOCK_BOTH, values | alerts.meant(source_id, quiet))


def _current(incidents: Sequence[Incident], group_key: str) -> Incident | None:
    """The open incident of a group, else the newest that was resolved a short while ago."""
    mine = [incident for incident in incidents if incident.group_key == group_key]
    is_open = [incident for incident in mine if incident.status in rules.OPEN]
    over = [incident for incident in mine if incident.status is IncidentStatus.RESOLVED]
    return next(reversed([*over, *is_open]), None)


async def _fire(
    work: UnitOfWork,
    source_id: int,
    actor: Actor,
    group_key: str,
    firing: Sequence[AlertSignal],
    incident: Incident | None,
) -> None:
    known = await alerts.count_repeats(work, source_id, firing)
    new = [signal for signal in firing if signal.dedup_key not in known]
    if not new and (incident is None or incident.status not in rules.OPEN):
        return  # alerts of another group's incident, which has counted them
    by_rank = sorted(firing, key=lambda signal: _verdict(signal).severity.rank)
    verdict = _verdict(by_rank[0])
    evidence = {"alerts": [_evidence(signal) for signal in by_rank[:MAX_EVIDENCE]]}
    if incident is None:
        incident = await opening.open_incident(
            work,
            actor,
            title=firing[0].group_title or firing[0].summary,
            verdict=verdict,
            source_id=source_id,
            group_key=group_key,
            evidence=evidence,
        )
    else:
        await _again(work, incident, actor, new, is_worse=verdict.severity.rank < incident.severity.rank)
        await severity.raise_by_rule(work, incident, verdict, evidence=evidence)
    await alerts.add(work, source_id, incident, new)


async def _again(
    work: UnitOfWork, incident: Incident, actor: Actor, new: Sequence[AlertSignal], *, is_worse: bool
) -> None:
    """More of the same: it joins what is open, and takes up again what was thought to be over."""
    text = _words(new)
    if incident.status is IncidentStatus.RESOLVED:
        await resolution.begin_again(work, incident, actor, f"It fires again: {text}")
    elif incident.status is IncidentStatus.MITIGATED and (new or is_worse):
        await resolution.regress(work, incident, actor, f"It fires again: {text}")
    elif new:
        locking.touch(incident)
        await timeline.append(work, incident, actor, "alert_joined", text, alerts=len(new))


async def _quieten(
    work: UnitOfWork, source_id: int, incident: Incident, quiet: Sequence[AlertSignal]
) -> None:
    """Note what its sender knows of or says is over; when everything is, that may be the end."""
    for status, word in ((AlertStatus.ACKNOWLEDGED, "known"), (AlertStatus.RESOLVED, "over")):
        said = [signal for signal in quiet if signal.action == _ACTIONS[status]]
        changed = await alerts.mark(work, source_id, incident, said, status) if said else []
        if changed:
            more = f" and {len(changed) - 1} more are" if len(changed) > 1 else " is"
            text = f"The sender says that {changed[0]}{more} {word}"
            locking.touch(incident)
            await timeline.append(work, incident, SYSTEM, f"alert_{status.value}", text, alerts=len(changed))
            if status is AlertStatus.RESOLVED:
                await _end_if_over(work, incident)


async def _end_if_over(work: UnitOfWork, incident: Incident) -> None:
    may_end = incident.status in rules.OPEN and not rules.needs_commander(incident.severity)
    if may_end and not await alerts.any_open(work, incident):
        await resolution.end(work, incident, SYSTEM, "All its alerts are over")


def _words(new: Sequence[AlertSignal]) -> str:
    if not new:
        return "worse than before"
    return new[0].summary if len(new) == 1 else f"{len(new)} alerts, the first: {new[0].summary}"


def _verdict(signal: AlertSignal) -> rules.Verdict:
    return rules.classify(signal.severity, signal.labels)


def _evidence(signal: AlertSignal) -> dict[str, object]:
    verdict = _verdict(signal)
    return {
        "dedup_key": signal.dedup_key,
        "severity": signal.severity.value,
        "labels": signal.labels,
        "verdict": verdict.severity.value,
        "rule": verdict.rule,
    }


_ACTIONS = {AlertStatus.ACKNOWLEDGED: "acknowledge", AlertStatus.RESOLVED: "resolve"}
