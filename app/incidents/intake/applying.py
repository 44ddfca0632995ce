"""What signals do: open an incident, join or worsen the one that is open, take one up again, end one.

Source: state machine; all alerts over may end S2 and S3, only a person ends S0 and S1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, func, or_, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY, array

from app import clock
from app.incidents import flapping, locking, opening, resolution, rules, severity, timeline
from app.incidents.intake import alerts
from app.incidents.intake.alerts import NewAlert
from app.incidents.intake.news import AlertKey, GroupKey, News, verdict
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import Incident
from app.incidents.trend import weighing
from app.incidents.words import AlertScope, AlertStatus, IncidentStatus
from app.security.permissions import SYSTEM, Actor
from app.storage import arrays
from app.storage.unit_of_work import UnitOfWork

MAX_EVIDENCE = 20

_said = arrays.table("said", source_id=BigInteger(), group_key=Text())
_recently = Incident.resolved_at >= clock.once() - rules.REOPEN_WITHIN
# What was merged goes on elsewhere: both are locked, since it alone knows where.
_both = func.unnest(array([Incident.id, Incident.merged_into_id]), type_=BigInteger()).label("id")
_of_group = arrays.each(
    _said,
    select(_both).where(
        Incident.source_id == _said.c.source_id,
        Incident.group_key == _said.c.group_key,
        or_(
            Incident.status.in_((*rules.OPEN, IncidentStatus.MERGED)),
            (Incident.status == IncidentStatus.RESOLVED) & _recently,
        ),
    ),
)
_of_groups = select(_of_group.c.id).join_from(_said, _of_group, true())
_others = select(func.unnest(bindparam("numbers", type_=ARRAY(BigInteger()))))
LOCK = locking.locked(Incident.id.in_(union_all(_of_groups, weighing.HOMES, _others)))


async def apply(work: UnitOfWork, news: Sequence[News]) -> None:
    """Apply the news of groups, whose locks the caller holds; each group is there once."""
    holding = await alerts.incidents_of(work, {one.key(signal) for one in news for signal in one.quiet})
    incidents = await _lock(work, news, filter(None, holding.values()))
    current = _current(incidents, await work.now()) if incidents else {}
    alarmed = {one.id: one for one in incidents if one.status in rules.OPEN}
    await _fire(work, [one for one in news if one.times], current, alarmed)
    for one in news:
        await _end_hushed(work, one, holding)
        about = {holding.get(one.key(signal)) for signal in one.quiet}
        for incident in incidents if one.quiet else ():
            if incident.id in about or _is_of(incident, one):
                await _quieten(work, incident, one)


async def _lock(work: UnitOfWork, news: Sequence[News], numbers: Iterable[int]) -> Sequence[Incident]:
    """Lock what news may change: the groups' incidents, those whose alerts they say are over, and those that
    trend lines about the same scopes have opened.
    """
    source_ids, group_keys = (one.source_id for one in news), (one.group_key for one in news)
    groups = arrays.bind("said", source_id=source_ids, group_key=group_keys)
    scopes = {scope.value for one in news if one.firing and (scope := _scope(one))}
    return await locking.lock_all(work, LOCK, groups | {"numbers": list(numbers), "scopes": sorted(scopes)})


def _is_of(incident: Incident, news: News) -> bool:
    return (incident.source_id, incident.group_key) == news.group


def _current(incidents: Sequence[Incident], now: datetime) -> dict[GroupKey, Incident]:
    """Where each group goes on: in its own incident, or in the one that this was merged into.

    One that is open, else the newest that was resolved a short while ago.
    """
    held = {incident.id: incident for incident in incidents}
    places = [(one, held.get(one.merged_into_id or one.id)) for one in incidents]
    fitting = [(one, place) for one, place in places if place is not None and _goes_on(place, now)]
    fitting.sort(key=lambda pair: (pair[1].status in rules.OPEN, pair[0] is pair[1], pair[0].id))
    return {
        (one.source_id, one.group_key): place
        for one, place in fitting
        if one.source_id is not None and one.group_key is not None
    }


def _goes_on(incident: Incident, now: datetime) -> bool:
    """Whether news may join an incident, or take it up again."""
    if incident.status in rules.OPEN:
        return True
    over_at = incident.resolved_at if incident.status is IncidentStatus.RESOLVED else None
    return over_at is not None and over_at >= now - rules.REOPEN_WITHIN


async def _fire(
    work: UnitOfWork,
    news: Sequence[News],
    current: Mapping[GroupKey, Incident],
    held: Mapping[int, Incident],
) -> None:
    """Open, worsen or take up again what fires, and write down the alerts that nobody knew.

    `held` are the open incidents among those that are locked: one of a trend line may be about the same.
    """
    times: Counter[AlertKey] = Counter()
    for one in news:
        times.update({(one.source_id, key): count for key, count in one.times.items()})
    known = await alerts.count_repeats(work, times)
    told = _sort_out(news, known, current)
    alone = [one for one, _ in told if one.group not in current]
    lines = await weighing.lines(work, map(_scope, alone))
    homes = {one.group: lines.home(_scope(one), _words_of(_worst(one)), held) for one in alone}
    current = {**current, **{group: home for group, home in homes.items() if home is not None}}
    opened = [one.source_id for one in alone if one.group not in current]
    places = iter(await opening.places(work, opened))
    added: dict[AlertKey, NewAlert] = {}
    for one, new in told:
        incident = current.get(one.group)
        if incident is None:
            incident = await _open(work, next(places), one, lines.of(_scope(one)))
        else:
            await _again(work, incident, one, new)
        if new:
            await _note_left_out(work, incident, one)
        current[one.group] = incident
        for signal in new:
            key = one.key(signal)
            added[key] = NewAlert(signal, incident, 0 if key in known else times[key])
    for one in news:
        added |= await _hush(work, one, known, current.get(one.group))
    await alerts.add(work, added)


async def _hush(
    work: UnitOfWork, one: News, known: Collection[AlertKey], incident: Incident | None
) -> dict[AlertKey, NewAlert]:
    """Keep what a silence holds back, beside what its group has open. It opens and raises nothing."""
    is_open = incident is not None and incident.status in rules.OPEN
    new = {key: pair for key, pair in one.hushed.items() if (one.source_id, key) not in known}
    if new and incident is not None and is_open:
        locking.touch(incident)
        text = f"Silenced, so that it pages nobody: {_words([signal for signal, _ in new.values()])}"
        await timeline.append(work, incident, one.actor, "alert_silenced", text, alerts=len(new))
    return {
        (one.source_id, key): NewAlert(signal, incident if is_open else None, one.times[key], silence_id)
        for key, (signal, silence_id) in new.items()
    }


def _sort_out(
    news: Sequence[News], known: Mapping[AlertKey, AlertStatus], current: Mapping[GroupKey, Incident]
) -> list[tuple[News, list[AlertSignal]]]:
    """Say which alerts are new, each for the group that names it first, and leave out what tells nothing.

    Alerts of another group's incident have been counted there. What a silence held back is new when heard.
    """
    seen = {key for key, status in known.items() if status is not AlertStatus.SUPPRESSED}
    told = []
    for one in news:
        if not one.firing:
            continue
        new = [signal for signal in one.firing.values() if one.key(signal) not in seen]
        seen.update(map(one.key, new))
        incident = current.get(one.group)
        if new or (incident is not None and incident.status in rules.OPEN):
            told.append((one, new))
    return told


async def _open(
    work: UnitOfWork, place: opening.Place, one: News, line: Mapping[str, Any] | None
) -> Incident:
    first = next(iter(one.firing.values()))
    worst, evidence = weighing.weigh(verdict(_worst(one)), _evidence(one), line)
    return await opening.open_incident(
        work,
        one.actor,
        place,
        title=first.group_title or first.summary,
        verdict=worst,
        group=one.group,
        evidence=evidence,
    )


async def _again(work: UnitOfWork, incident: Incident, one: News, new: Sequence[AlertSignal]) -> None:
    worst = verdict(_worst(one))
    is_worse = worst.severity.rank < incident.severity.rank
    await _take_up(work, incident, one.actor, new, is_worse=is_worse)
    await severity.raise_by_rule(work, incident, worst, evidence=_evidence(one))


async def _take_up(
    work: UnitOfWork, incident: Incident, actor: Actor, new: Sequence[AlertSignal], *, is_worse: bool
) -> None:
    """More of the same: it joins what is open, and takes up again what was thought to be over."""
    text = _words(new)
    if new:
        await flapping.note_return(work, incident)
    if incident.status is IncidentStatus.RESOLVED:
        await resolution.begin_again(work, incident, actor, f"It fires again: {text}")
    elif incident.status is IncidentStatus.MITIGATED and (new or is_worse):
        await resolution.regress(work, incident, actor, f"It fires again: {text}")
    elif new:
        locking.touch(incident)
        await timeline.append(work, incident, actor, "alert_joined", text, alerts=len(new))


async def _end_hushed(work: UnitOfWork, one: News, holding: Mapping[AlertKey, int | None]) -> None:
    over = [signal for signal in one.quiet if signal.action == _ACTIONS[AlertStatus.RESOLVED]]
    if alone := {signal.dedup_key for signal in over if holding.get(one.key(signal), 0) is None}:
        await alerts.end_hushed(work, one.source_id, alone)


async def _note_left_out(work: UnitOfWork, incident: Incident, one: News) -> None:
    left_out = max(signal.left_out for signal in one.firing.values())
    if left_out:
        text = f"{one.actor.name} left {left_out} more alerts of this group out: look there for all of them"
        await timeline.append(work, incident, one.actor, "alerts_left_out", text, alerts=left_out)


async def _quieten(work: UnitOfWork, incident: Incident, one: News) -> None:
    """Note what its sender knows of or says is over; when everything is, that is the end after a while."""
    for status, word in ((AlertStatus.ACKNOWLEDGED, "known"), (AlertStatus.RESOLVED, "over")):
        said = [signal for signal in one.quiet if signal.action == _ACTIONS[status]]
        changed = await alerts.mark(work, one.source_id, incident, said, status) if said else []
        if changed:
            more = f" and {len(changed) - 1} more are" if len(changed) > 1 else " is"
            text = f"The sender says that {changed[0]}{more} {word}"
            locking.touch(incident)
            await timeline.append(work, incident, SYSTEM, f"alert_{status.value}", text, alerts=len(changed))
            if status is AlertStatus.RESOLVED:
                await flapping.note_quiet(work, incident)


def _words(new: Sequence[AlertSignal]) -> str:
    if not new:
        return "worse than before"
    return new[0].summary if len(new) == 1 else f"{len(new)} alerts, the first: {new[0].summary}"


def _worst(one: News) -> AlertSignal:
    return min(one.firing.values(), key=lambda signal: verdict(signal).severity.rank)


def _scope(one: News) -> AlertScope | None:
    return rules.scope_of(_worst(one).labels)


def _words_of(signal: AlertSignal) -> set[str]:
    """The words by which an alert names what it is about."""
    named = (*signal.labels.values(), signal.component, signal.group, signal.class_)
    return {word.lower() for word in named if word}


def _evidence(one: News) -> dict[str, Any]:
    by_rank = sorted(one.firing.values(), key=lambda signal: verdict(signal).severity.rank)
    return {"alerts": [_evident(signal) for signal in by_rank[:MAX_EVIDENCE]]}


def _evident(signal: AlertSignal) -> dict[str, Any]:
    said = verdict(signal)
    return {
        "dedup_key": signal.dedup_key,
        "severity": signal.severity.value,
        "labels": signal.labels,
        "verdict": said.severity.value,
        "rule": said.rule,
    }


_ACTIONS = {AlertStatus.ACKNOWLEDGED: "acknowledge", AlertStatus.RESOLVED: "resolve"}
