"""A rung of the ladder: who is paged when it fires, in which words, and what follows if they stay silent.

Past the policy's last rung the commander is paged again, and then every administrator, once. Each of these is
counted from the page before it: after an outage one page is late, and not five at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.incidents import locking, paging, rules, timeline
from app.incidents.models import EscalationStep, Incident
from app.incidents.words import IncidentRole
from app.security.models import Person
from app.security.permissions import SYSTEM, Actor
from app.storage.unit_of_work import UnitOfWork

PAGED = "paged"
ROLE_WORDS = {
    IncidentRole.OPERATOR: "the on-call operator",
    IncidentRole.INCIDENT_COMMANDER: "the incident commander",
    IncidentRole.POLICY_OWNER: "Trust & Safety",
    IncidentRole.COMMS_LEAD: "the comms lead",
    IncidentRole.SCRIBE: "the scribe",
    IncidentRole.ADMINISTRATOR: "every administrator",
}


@dataclass(frozen=True, slots=True)
class Rung:
    """Whom a timer pages, as `EscalationStep` keeps it."""

    step: int
    role: IncidentRole
    person_id: int | None = None
    repeat: int = 0
    repeats: int | None = None

    def follower(self) -> Rung | None:
        """The rung that comes after this one when it stays unanswered; None where the policy has one."""
        if self.repeats is None:
            return None
        if self.repeat < self.repeats:
            role = IncidentRole.INCIDENT_COMMANDER
            return Rung(self.step + 1, role, repeat=self.repeat + 1, repeats=self.repeats)
        return Rung(self.step + 1, IncidentRole.ADMINISTRATOR)

    def said(self, whom: str, waited: timedelta) -> tuple[str, str]:
        """What the timeline says of it: a kind of entry, and a sentence."""
        minutes = _minutes(waited)
        if self.role is IncidentRole.ADMINISTRATOR:
            return "administrators_paged", f"Nobody has answered: paging {whom}"
        if self.repeat:
            which = f"{self.repeat} of {self.repeats}"
            return "paged_again", f"No answer for {minutes}: paging {whom} again, {which}"
        if waited:
            return "escalated", f"No acknowledgement within {minutes}: paging {whom}"
        return PAGED, f"Paging {whom}"


def read(step: EscalationStep) -> Rung:
    """The rung that a timer holds."""
    return Rung(step.step, step.role, step.person_id, step.repeat, step.repeats)


def plan(
    work: UnitOfWork,
    incident: Incident,
    rung: Rung,
    *,
    since: datetime,
    wait: timedelta = timedelta(),
    fired_at: datetime | None = None,
) -> None:
    """Set a timer, or write down one that has fired at once."""
    work.write(
        EscalationStep,
        incident_id=incident.id,
        generation=incident.generation,
        step=rung.step,
        role=rung.role,
        person_id=rung.person_id,
        since=since,
        repeat=rung.repeat,
        repeats=rung.repeats,
        due_at=since + wait,
        fired_at=fired_at,
    )
    work.wake("pager")


async def ring(
    work: UnitOfWork,
    incident: Incident,
    actor: Actor,
    rung: Rung,
    *,
    fired_at: datetime,
    waited: timedelta = rules.ACKNOWLEDGE_WITHIN,
) -> None:
    """Say whom a rung pages that nobody answered before, page them, and set the timer that follows."""
    kind, text = rung.said(await words(work, rung), waited)
    await timeline.append(work, incident, actor, kind, text, step=rung.step, role=rung.role)
    if kind != PAGED:
        locking.touch(incident)
    await call(work, incident, rung, fired_at=fired_at)


async def call(work: UnitOfWork, incident: Incident, rung: Rung, *, fired_at: datetime) -> None:
    """Page whom a rung names, and set the timer that follows it."""
    if rung.role is IncidentRole.ADMINISTRATOR or rung.person_id is not None:
        await _call_people(work, incident, rung)
    else:
        await paging.queue(work, incident, step=rung.step, role=rung.role)
    if follower := rung.follower():
        plan(work, incident, follower, since=fired_at, wait=rules.REPEAT_EVERY)


async def _call_people(work: UnitOfWork, incident: Incident, rung: Rung) -> None:
    """Call somebody by name, or a role that no service of PagerDuty stands for; say so if nobody is there."""
    letters = await paging.call_people(
        work, incident, step=rung.step, role=rung.role, person_id=rung.person_id
    )
    if not letters:
        text = "Nobody was called: there is no active account to call"
        await timeline.append(work, incident, SYSTEM, "page_failed", text, step=rung.step)


async def words(work: UnitOfWork, rung: Rung) -> str:
    """Whom a rung pages, in words."""
    if rung.person_id is None:
        return ROLE_WORDS[rung.role]
    return (await work.session.get_one(Person, rung.person_id)).name


def _minutes(wait: timedelta) -> str:
    minutes = wait / timedelta(minutes=1)
    return "a minute" if minutes == 1 else f"{minutes:g} minutes"
