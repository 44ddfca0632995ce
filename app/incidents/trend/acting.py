"""What follows from how a stream stands: an incident opens, joins what is open, gets worse, or is back.

Source: handbook, "Severity definitions". Nothing here lowers a severity or ends an incident: people do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, or_, select

from app import clock
from app.incidents import locking, opening, resolution, rules, severity, timeline
from app.incidents.models import Incident, SeverityDecision, TrendStanding
from app.incidents.trend import evidence
from app.incidents.words import AlertScope, IncidentStatus, Severity
from app.security.permissions import SYSTEM
from app.storage.unit_of_work import UnitOfWork

# One stream at a time, or two of the same scope would each open an incident.
LOCK = 7_216_008
CORES = "trend-cores-collapsed"
_recently = (Incident.status == IncidentStatus.RESOLVED) & (
    Incident.resolved_at >= clock.once() - rules.REOPEN_WITHIN
)
CANDIDATES = (
    select(Incident.id, Incident.status, SeverityDecision.evidence)
    .join(SeverityDecision, SeverityDecision.incident_id == Incident.id)
    .where(or_(Incident.status.in_(rules.OPEN), _recently))
    .order_by(Incident.id)
)


def is_due(standing: TrendStanding) -> bool:
    """Whether something follows: it is worse than any incident was told, or it is back."""
    if standing.held is Severity.S3:
        return standing.told is not None
    is_worse = standing.told is None or standing.held.rank < standing.told.rank
    return is_worse and standing.severity is standing.held


async def act(work: UnitOfWork, stream: str) -> bool:
    """Do what follows for one stream; False when another worker has done so."""
    await work.session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    standing = await work.session.get_one(TrendStanding, stream, with_for_update=True)
    if not is_due(standing):
        return False
    if standing.held is Severity.S3:
        await _say_that_it_is_back(work, standing)
        standing.told = None
        return True
    incident = await _incident_for(work, standing)
    if incident is None:
        incident = await _open(work, standing)
    else:
        await _join(work, incident, standing)
    standing.incident_id, standing.told = incident.id, standing.held
    return True


async def _open(work: UnitOfWork, standing: TrendStanding) -> Incident:
    kept = standing.evidence
    (place,) = await opening.places(work, [None])
    incident = await opening.open_incident(
        work,
        SYSTEM,
        place,
        title=evidence.title(kept),
        verdict=evidence.verdict(kept),
        evidence={"trend": kept},
    )
    await work.session.flush()  # the stream's row names it
    return incident


async def _join(work: UnitOfWork, incident: Incident, standing: TrendStanding) -> None:
    """More of the same: it joins what is open, and takes up again what was thought to be over."""
    kept, verdict = standing.evidence, evidence.verdict(standing.evidence)
    text = f"Trend line: {kept['finding']}"
    if incident.status is IncidentStatus.RESOLVED:
        await resolution.begin_again(work, incident, SYSTEM, text)
    elif incident.status is IncidentStatus.MITIGATED:
        await resolution.regress(work, incident, SYSTEM, text)
    else:
        locking.touch(incident)
        await timeline.append(work, incident, SYSTEM, "trend_joined", text, stream=standing.stream)
    await severity.raise_by_rule(work, incident, verdict, evidence={"trend": kept})


async def _say_that_it_is_back(work: UnitOfWork, standing: TrendStanding) -> None:
    """Recovery is for a person to record: the timeline says that it is ready to be."""
    if standing.incident_id is None:
        return
    incident = await locking.lock(work, standing.incident_id)
    if incident.status in rules.OPEN:
        locking.touch(incident)
        text = f"Back for ten minutes: {standing.evidence['finding']}"
        await timeline.append(work, incident, SYSTEM, "trend_recovered", text, stream=standing.stream)


async def _incident_for(work: UnitOfWork, standing: TrendStanding) -> Incident | None:
    """The incident that this belongs to, locked: the stream's own, else the newest one of the same scope.

    One that is open comes before one that was resolved a short while ago. Core streams that have collapsed
    together are one fault whatever each is about: what one of them has made S0 is the others', too.
    """
    fitting: dict[int, tuple[bool, bool, bool]] = {}
    for number, status, kept in await work.session.execute(CANDIDATES):
        is_own, is_shared = (
            number == standing.incident_id,
            _is_of_cores(kept) and _is_of_cores(standing.evidence),
        )
        if is_own or is_shared or standing.about in set(_scopes(kept)):
            fits = (status in rules.OPEN, is_shared, is_own)
            fitting[number] = max(fits, fitting.get(number, fits))
    for number in sorted(fitting, key=lambda one: (*fitting[one], one), reverse=True):
        held = await locking.lock_many(work, {number, standing.incident_id or number})
        if held[number].status in (*rules.OPEN, IncidentStatus.RESOLVED):  # nobody was faster
            await _leave(work, held, standing, number)
            return held[number]
    return None


async def _leave(
    work: UnitOfWork, held: Mapping[int, Incident], standing: TrendStanding, number: int
) -> None:
    """Say in the incident that the stream had so far where it goes on."""
    was = held.get(standing.incident_id or number)
    if was is None or was.id == number or was.status not in rules.OPEN:
        return
    text = f"Trend line: {standing.evidence['finding']}; this goes on in OPS-{number}"
    locking.touch(was)
    await timeline.append(work, was, SYSTEM, "trend_left", text, stream=standing.stream, goes_on_in=number)


def _is_of_cores(kept: Mapping[str, Any]) -> bool:
    """Whether a stream's evidence, or that of a decision, says that core streams collapsed together."""
    return bool(kept.get("trend", kept).get("rule") == CORES)


def _scopes(kept: Mapping[str, Any]) -> Iterator[AlertScope | None]:
    """What a decision's evidence says that an incident is about."""
    yield from (rules.scope_of(alert["labels"]) for alert in kept.get("alerts", ()))
    if line := kept.get("trend"):
        yield from (AlertScope(line["about"]), AlertScope(line["scope"]))
