"""The figures of an incident, each defined once over its facts. Source: PagerDuty, "Analytics"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Float, cast, extract, func

from app.incidents.metrics.facts import SOURCES
from app.incidents.models import Incident

INCIDENT = Incident.__table__.c
Facts = Mapping[str, ColumnElement[Any]]

# What each is, in the order in which they are shown. Durations are in seconds.
NAMES = {
    "seconds_to_page_accepted": "Until a provider took the first page.",
    "seconds_to_first_ack": "Until somebody first acknowledged. Nothing else counts as that.",
    "seconds_to_engage": "From the first person who answered to the last; null unless several did.",
    "seconds_to_mobilize": "Until the last of several people had answered; null unless several did.",
    "seconds_to_policy_owner": "Until the policy owner first answered the loop-in.",
    "seconds_to_first_public_update": "Until the public was first told.",
    "seconds_to_resolve": "Until it was resolved, for good: what is reopened is not.",
    "seconds_to_revenue_proof": "Until figures of the revenue proved the recovery.",
    "escalation_lateness_seconds": "How late the latest timer fired; never negative.",
    "timeout_escalation_count": "How often nobody answered in time and the next was paged.",
    "manual_escalation_count": "How often somebody did not wait and had the next paged.",
    "total_interruptions": "How many pages were sent to people, letters not counted.",
    "sleep_hour_interruptions": "How many of these came from 22:00 to 08:00 where the paged person lives.",
}


def figures_of_one() -> dict[str, ColumnElement[Any]]:
    """The figures as expressions over the row of an incident."""
    return figures({name: fact for source in SOURCES for name, fact in source.of(INCIDENT.id).items()})


def figures(facts: Facts) -> dict[str, ColumnElement[Any]]:
    """The figures as expressions over an incident's row and its facts."""
    made = {
        "seconds_to_page_accepted": _since_triggered(facts["page_accepted_at"]),
        "seconds_to_first_ack": _since_triggered(facts["first_acknowledged_at"]),
        "seconds_to_engage": _seconds(facts["last_engaged_at"] - facts["first_engaged_at"]),
        "seconds_to_mobilize": _since_triggered(facts["last_engaged_at"]),
        "seconds_to_policy_owner": _since_triggered(facts["policy_owner_at"]),
        "seconds_to_first_public_update": _since_triggered(facts["public_update_at"]),
        "seconds_to_resolve": _since_triggered(INCIDENT.resolved_at),
        "seconds_to_revenue_proof": _since_triggered(facts["revenue_proof_at"]),
        "escalation_lateness_seconds": _seconds(facts["lateness"]),
        "timeout_escalation_count": func.coalesce(facts["timeout_escalations"], 0),
        "manual_escalation_count": func.coalesce(facts["manual_escalations"], 0),
        "total_interruptions": func.coalesce(facts["interruptions"], 0),
        "sleep_hour_interruptions": func.coalesce(facts["sleep_interruptions"], 0),
    }
    return {name: made[name] for name in NAMES}


def _since_triggered(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    return _seconds(moment - INCIDENT.triggered_at)


def _seconds(length: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(extract("epoch", length), Float)
