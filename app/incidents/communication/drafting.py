"""Make a message: a template's wording, or one that was edited, filled in with what is known and given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.errors import InvalidInput
from app.incidents.communication import library, rules
from app.incidents.communication.given import FIELDS, Wanted, cleaned, listed
from app.incidents.communication.library import Wording
from app.incidents.models import Incident
from app.security.models import Person
from app.storage.unit_of_work import UnitOfWork
from app.templates import PublicStatus, check


@dataclass(frozen=True, slots=True)
class Composed:
    """A finished message. `body` is Markdown; `edited` says whether the wording is not the template's."""

    wanted: Wanted
    subject: str
    body: str
    wording: Wording
    edited: bool
    next_update_at: datetime | None


async def compose(work: UnitOfWork, incident: Incident, wanted: Wanted, *, base_url: str) -> Composed:
    """Fill in a message.

    Raises: InvalidInput at the field that is missing or wrong; NotFound when there is no template.
    """
    found = library.find(wanted.audience, wanted.status)
    template = found.template
    wanted = replace(wanted, given=cleaned(wanted.given))
    due = _next_update_at(wanted, await work.now())
    values = await _values(work, incident, wanted, due, base_url)
    text, subject = _chosen(wanted.text, template.text), _chosen(wanted.subject, template.subject_text or "")
    known = library.KNOWN[wanted.audience]
    return Composed(
        wanted=wanted,
        subject=_filled(
            "subject", lambda: check(subject, known=known, source="The subject").fill_line(values)
        ),
        body=_filled("text", lambda: check(text, known=known).fill(values)),
        wording=found,
        edited=(text, subject) != (template.text, template.subject_text),
        next_update_at=due,
    )


def _chosen(own: str | None, template: str) -> str:
    """What a browser sends back of a text has other ends of lines."""
    text = (own or "").replace("\r\n", "\n").strip()
    return text or template


def _next_update_at(wanted: Wanted, now: datetime) -> datetime | None:
    if wanted.status is PublicStatus.RESOLVED:
        return None
    due = wanted.next_update_at or now + rules.UPDATE_EVERY
    if not now < due <= now + rules.LONGEST_SILENCE:
        raise InvalidInput("Promise the next update within a day from now.", path=("nextUpdateAt",))
    return due


async def _values(
    work: UnitOfWork, incident: Incident, wanted: Wanted, due: datetime | None, base_url: str
) -> Mapping[str, object]:
    """Everything that is known; which of it a reader may be told, `library.KNOWN` says."""
    given, base = wanted.given, base_url.rstrip("/")
    leads = await work.session.get(Person, incident.commander_id) if incident.commander_id else None
    return {
        "affected": listed(given.affected),
        "summary": given.summary,
        "details": given.details,
        "advice": given.advice,
        "severity": rules.SEVERITY_WORDS[incident.severity],
        "started_at": incident.triggered_at,
        "ended_at": incident.mitigated_at or incident.resolved_at,
        "next_update_at": due,
        "page": f"{base}/public/incidents/{incident.id}",
        "reference": f"OPS-{incident.id}",
        "title": incident.title,
        "class": incident.severity.value,
        "commander": leads.name if leads else None,
        "console": f"{base}/incidents/{incident.id}",
    }


def _filled(field: str, fill: Callable[[], str]) -> str:
    """Fill in; what is wrong with the wording is wrong at its own field, unless a value is missing."""
    try:
        return fill()
    except InvalidInput as error:
        name = error.path[0] if error.path and error.path[0] in FIELDS else field
        raise InvalidInput(error.message, path=(name,)) from None
