"""What a notice says in Slack and on Statuspage."""

from __future__ import annotations

from app.incidents.communication import rules
from app.incidents.communication.letters import comms_url
from app.incidents.communication.nudging import DUE
from app.incidents.communication.parcels import Parcel
from app.incidents.communication.words import Purpose
from app.incidents.models import StatusUpdate
from app.incidents.paging.channels import Channels
from app.incidents.words import Severity
from app.outside.slack.messages import Message, Mrkdwn, bold, joined, link, plain
from app.outside.statuspage.incidents import Impact, Update
from app.templates import to_text

# Source: Statuspage API 1.0.0, `impact_override`.
IMPACT: dict[Severity, Impact] = {
    Severity.S0: "critical",
    Severity.S1: "major",
    Severity.S2: "minor",
    Severity.S3: "none",
}


def for_slack(channels: Channels, parcel: Parcel) -> Message:
    """Write the message for the incident channel."""
    head = _headline(parcel)
    sections = [bold(head)]
    if parcel.message is not None:
        sections.append(plain(f"{parcel.message.subject}\n\n{to_text(parcel.message.body)}"))
    here = link(comms_url(channels, parcel.incident.number), "Open the communication page")
    return Message(text=head, sections=sections, context=[joined(_signed(parcel), here, between=" · ")])


def for_statuspage(parcel: Parcel, message: StatusUpdate) -> Update:
    """Write the update of the incident that the status page shows."""
    return Update(
        incident=f"OPS-{parcel.incident.number}",
        sequence=message.seq,
        name=message.subject,
        status=message.public_status.value,
        body=to_text(message.body),
        impact=IMPACT[parcel.incident.severity],
        incident_id=parcel.external_id,
    )


def _headline(parcel: Parcel) -> str:
    incident = f"OPS-{parcel.incident.number} {parcel.incident.severity}"
    if parcel.message is None:
        duty = DUE[parcel.duty.kind] if parcel.duty else "Somebody waits for a word"
        return f"{incident}: {duty}"
    whom = rules.AUDIENCE_WORDS[parcel.message.audience]
    if parcel.notice.purpose is Purpose.APPROVAL:
        return f"{incident}: waits for approval, to {whom}"
    return f"{incident}: told {whom}, {parcel.message.public_status}"


def _signed(parcel: Parcel) -> Mrkdwn:
    if parcel.message is None:
        return plain(parcel.incident.title)
    approved = f", approved by {parcel.message.approved_by}" if parcel.message.approved_by else ""
    return plain(f"Written by {parcel.message.written_by}{approved}")
