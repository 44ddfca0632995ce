"""What a call says in Slack, and how it goes on reading once somebody has answered."""

from __future__ import annotations

from app.incidents import rules
from app.incidents.models import Incident, Page
from app.incidents.paging import crowds
from app.incidents.paging.channels import Call, Channels
from app.incidents.words import IncidentStatus
from app.outside.slack.messages import Button, Message, Mrkdwn, bold, joined, link, plain

ACKNOWLEDGE = "acknowledge"
WHY = "PagerDuty may not have reached anybody, so this call comes here as well."


def message(channels: Channels, call: Call) -> Message:
    """Write the call. Its button comes back to us where `OPSBOOK_SLACK_SIGNING_SECRET` is set."""
    page = call.page
    head = f"{rules.page_marker(page.incident_id, page.step)} {call.severity}: {call.title}"
    answers = channels.settings.slack_signing_secret is not None
    press = Button("Acknowledge", ACKNOWLEDGE, value=page.dedup_key, style="primary")
    look = Button("Open the incident", "open", url=channels.incident_url(page))
    return Message(
        text=head,
        sections=[bold(head), plain(f"{call.reason}."), plain(crowds.paragraph(call.others))],
        context=[plain(f"For the {_role(page)}. {WHY}")],
        buttons=[press, look] if answers else [look],
    )


def answered(channels: Channels, incident: Incident, page: Page) -> Message:
    """Write over a call that was answered, or is over: who did it, and no button to press."""
    head = f"{rules.page_marker(page.incident_id, page.step)} {incident.severity}: {incident.title}"
    here = link(channels.incident_url(page), "Open the incident")
    said = _how_it_stands(incident, page)
    return Message(
        text=f"{head}: {said}",
        sections=[bold(head), plain(said)],
        context=[joined(plain(f"For the {_role(page)}."), here)],
    )


def only_to_them(words: str) -> Mrkdwn:
    """What somebody is told whose press changed nothing."""
    return plain(words)


def _how_it_stands(incident: Incident, page: Page) -> str:
    by = page.acknowledged_by or incident.acknowledged_by
    answered_by = f"Acknowledged by {by}" if by else "Nobody has acknowledged it"
    if page.generation != incident.generation:
        return f"{answered_by}. It was opened again since, with new calls."
    if incident.status is IncidentStatus.TRIGGERED:
        return "This call is over: paging began again with a new one."
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        return f"{answered_by}."
    return f"{answered_by}; {incident.status.value} now."


def _role(page: Page) -> str:
    return page.role.value.replace("_", " ")
