"""Pages of the past, as PagerDuty took, showed and ended them: mirrors `app.incidents.paging`."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from app.demo.history.ledger import Row
from app.demo.history.record import Record
from app.incidents import rules
from app.incidents.words import IncidentRole, PageStatus, Signal
from app.security.permissions import SYSTEM

TAKEN_SECONDS = (0.08, 0.42)
SHOWN_SECONDS = (0.3, 2.6)
TOLD_SECONDS = (0.06, 0.3)
STATUS = {Signal.ACKNOWLEDGE: PageStatus.ACKNOWLEDGED, Signal.RESOLVE: PageStatus.RESOLVED}


def queue(record: Record, number: int, role: IncidentRole) -> None:
    """Queue a page; PagerDuty takes it and shows it a moment later."""
    page = record.ledger.add(
        "page",
        id=record.ledger.page_id(),
        incident_id=record.number,
        generation=record.row["generation"],
        step=number,
        role=role.value,
        provider="pagerduty",
        dedup_key=rules.page_key(record.number, record.row["generation"], number),
        status=PageStatus.QUEUED.value,
        wanted=Signal.TRIGGER.value,
        told=None,
        urgency=record.severity.rank,
        provider_incident_id=None,
        queued_at=record.now,
        accepted_at=None,
        confirmed_at=None,
        acknowledged_at=None,
        acknowledged_by=None,
        attempts=0,
    )
    record.pages.append(page)
    record.later(_seconds(record, TAKEN_SECONDS), partial(_taken, record, page))


def withdraw(record: Record, signal: Signal) -> None:
    """Tell PagerDuty that the calls were answered, or are over. The policy owner answers for themselves."""
    for page in record.pages:
        theirs = signal is Signal.ACKNOWLEDGE and page["role"] == IncidentRole.POLICY_OWNER
        if not theirs and Signal(page["wanted"]).rank < signal.rank:
            page["wanted"], page["status"] = signal.value, STATUS[signal].value
            record.later(_seconds(record, TOLD_SECONDS), partial(_tell, page))


def answer(page: Row, *, by: str, at: datetime) -> None:
    """Note on a page that its receiver acknowledged it at PagerDuty, which need not be told then."""
    page["acknowledged_at"], page["acknowledged_by"] = at, by
    page["status"] = PageStatus.ACKNOWLEDGED.value
    page["wanted"] = page["told"] = Signal.ACKNOWLEDGE.value


def _taken(record: Record, page: Row) -> None:
    page["accepted_at"], page["told"], page["attempts"] = record.now, Signal.TRIGGER.value, 1
    if page["status"] == PageStatus.QUEUED:
        page["status"] = PageStatus.ACCEPTED.value
    text = f"PagerDuty took the page for the {_words(page)}"
    record.append(SYSTEM, "page_accepted", text, page=page["id"], step=page["step"])
    record.later(_seconds(record, SHOWN_SECONDS), partial(_shown, record, page))


def _shown(record: Record, page: Row) -> None:
    page["provider_incident_id"] = f"Q{record.rng.getrandbits(52):013X}"
    if page["status"] == PageStatus.ACCEPTED:
        page["status"], page["confirmed_at"] = PageStatus.CONFIRMED.value, record.now
        text = f"PagerDuty shows the page for the {_words(page)}"
        record.append(SYSTEM, "page_confirmed", text, page=page["id"])


def _tell(page: Row) -> None:
    if page["told"] != page["wanted"]:
        page["told"] = page["wanted"]
        page["attempts"] += 1


def _seconds(record: Record, between: tuple[float, float]) -> timedelta:
    return timedelta(seconds=record.rng.uniform(*between))


def _words(page: Row) -> str:
    return str(page["role"]).replace("_", " ")
