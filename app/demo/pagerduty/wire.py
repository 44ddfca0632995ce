"""The shapes in which PagerDuty shows its things, in webhooks and in its REST API.

Source: PagerDuty developer documentation, "Webhooks: Overview", and the REST API's OpenAPI document.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.demo.pagerduty.account import Incident
from app.demo.pagerduty.rota import Rota
from app.demo.pagerduty.schedule import Entry, Override, Person

SITE = "https://stand-in.pagerduty.example"
API = "https://api.pagerduty.example"
Json = dict[str, Any]


def webhook(
    event_type: str,
    occurred_at: datetime,
    *,
    data: Mapping[str, Any],
    agent: Json | None,
    client: Json | None,
) -> Json:
    """Wrap one change in the envelope of webhooks v3."""
    return {
        "event": {
            "id": str(uuid.uuid4()),
            "event_type": event_type,
            "resource_type": event_type.partition(".")[0],
            "occurred_at": moment(occurred_at),
            "agent": agent,
            "client": client,
            "data": data,
        }
    }


def incident_in_webhook(incident: Incident, *, with_key: bool) -> Json:
    """Show an incident as webhooks do. PagerDuty keeps the key on the alert when the service makes alerts."""
    return {
        **_reference("incidents", incident.id, incident.title, "incident"),
        "number": incident.number,
        "status": incident.status,
        "incident_key": incident.dedup_key if with_key else None,
        "created_at": moment(incident.created_at),
        "title": incident.title,
        "service": _rota_reference(incident.rota),
        "assignees": [person(incident.assignee)] if incident.assignee and incident.is_open else [],
        "escalation_policy": _policy_reference(incident.rota),
        "teams": [],
        "priority": None,
        "urgency": "high",
        "conference_bridge": None,
        "resolve_reason": None,
    }


def incident_in_rest(incident: Incident, *, with_key: bool) -> Json:
    """Show an incident as the REST API does."""
    changed_by = person(incident.changed_by) if incident.changed_by else _rota_reference(incident.rota)
    return {
        **_reference("incidents", incident.id, f"[#{incident.number}] {incident.title}", "incident"),
        "incident_number": incident.number,
        "title": incident.title,
        "status": incident.status,
        "incident_key": incident.dedup_key if with_key else None,
        "created_at": moment(incident.created_at),
        "updated_at": moment(incident.changed_at),
        "resolved_at": None if incident.is_open else moment(incident.changed_at),
        "service": _rota_reference(incident.rota),
        "escalation_policy": _policy_reference(incident.rota),
        "assignments": _assignments(incident),
        "acknowledgements": [
            {"at": moment(at), "acknowledger": person(who) if who else _rota_reference(incident.rota)}
            for at, who in incident.acknowledgements
            if incident.status == "acknowledged"
        ],
        "last_status_change_at": moment(incident.changed_at),
        "last_status_change_by": changed_by,
        "alert_counts": {"all": 1, "triggered": int(incident.is_open), "resolved": int(not incident.is_open)},
        "urgency": "high",
    }


def rota(one: Rota, statuses: set[str]) -> Json:
    """Show a service, with its integration key and Auto-Pause as if both were asked for."""
    return {
        **_reference("services", one.id, one.name, "service"),
        "name": one.name,
        "status": _status(one, statuses),
        "auto_resolve_timeout": one.auto_resolve_seconds,
        "acknowledgement_timeout": None,
        "alert_creation": "create_alerts_and_incidents",
        "alert_grouping_parameters": {"type": one.grouping, "config": None},
        "auto_pause_notifications_parameters": {"enabled": one.auto_pause, "timeout": 120},
        "escalation_policy": _policy(one),
        "integrations": [
            {
                **_reference(
                    "integrations", f"PI{one.id[2:]}", "Events API v2", "events_api_v2_inbound_integration"
                ),
                "integration_key": one.routing_key,
            }
        ],
    }


def _policy(one: Rota) -> Json:
    """Show an escalation policy as if it were asked for: its first level, and the second if there is one."""
    waits = [30] if one.escalates_after_minutes is None else [one.escalates_after_minutes, 30]
    levels = [{"id": f"PL{level}", "escalation_delay_in_minutes": wait} for level, wait in enumerate(waits)]
    return {**_policy_reference(one), "type": "escalation_policy", "escalation_rules": levels}


def on_call(one: Rota, entry: Entry) -> Json:
    """Show who is on call for a rota from when to when, at its first level, the user as if asked for."""
    return {
        "user": user(entry.person),
        "schedule": _reference("schedules", one.schedule.id, one.name, "schedule_reference"),
        "escalation_policy": _policy_reference(one),
        "escalation_level": 1,
        "start": moment(entry.start),
        "end": moment(entry.end),
    }


def override(one: Override) -> Json:
    """Show an override."""
    return {"id": one.id, "start": moment(one.start), "end": moment(one.end), "user": person(one.person)}


def user(who: Person) -> Json:
    """Show a user as a whole."""
    return {**person(who), "type": "user", "name": who.name, "email": who.email}


def maintenance_window(one: Rota, now: datetime) -> Json:
    """Show the window that is open for a rota."""
    return {
        **_reference("maintenance_windows", f"PW{one.id[2:]}", "Maintenance", "maintenance_window"),
        "start_time": moment(now),
        "end_time": None,
        "services": [_rota_reference(one)],
    }


def person(who: Person) -> Json:
    """Show a user."""
    return _reference("users", who.id, who.name, "user_reference")


def integration(one: Rota) -> Json:
    """Show the agent of a change that came through the Events API."""
    return _reference("services", one.id, "Events API v2", "events_api_v2_inbound_integration_reference")


def moment(at: datetime) -> str:
    """Write a time as PagerDuty does, to the millisecond."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _status(one: Rota, statuses: set[str]) -> str:
    if not one.enabled:
        return "disabled"
    if one.maintenance:
        return "maintenance"
    if "triggered" in statuses:
        return "critical"
    return "warning" if statuses else "active"


def _assignments(incident: Incident) -> list[Json]:
    if incident.assignee is None or not incident.is_open:
        return []
    return [{"at": moment(incident.created_at), "assignee": person(incident.assignee)}]


def _rota_reference(one: Rota) -> Json:
    return _reference("services", one.id, one.name, "service_reference")


def _policy_reference(one: Rota) -> Json:
    return _reference("escalation_policies", one.policy_id, one.name, "escalation_policy_reference")


def _reference(collection: str, id_: str, summary: str, kind: str) -> Json:
    return {
        "id": id_,
        "type": kind,
        "summary": summary,
        "self": f"{API}/{collection}/{id_}",
        "html_url": f"{SITE}/{collection}/{id_}",
    }
