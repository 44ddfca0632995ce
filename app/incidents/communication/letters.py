"""What a notice says by mail: to readers outside, with a way out of the list, and to colleagues."""

from __future__ import annotations

from html import escape

from app.errors import OpsbookError
from app.incidents.communication import opting_out, rules
from app.incidents.communication.nudging import DUE
from app.incidents.communication.parcels import Parcel
from app.incidents.communication.words import Purpose
from app.incidents.models import StatusUpdate
from app.incidents.paging.channels import Channels
from app.outside.mail import Mail
from app.templates import to_html, to_text


def letter(channels: Channels, parcel: Parcel) -> Mail:
    """Write the letter. Its id is the notice's for ever, so that a repeat is the same letter."""
    if parcel.notice.purpose is Purpose.UPDATE and parcel.message is not None:
        return _to_reader(channels, parcel, parcel.message)
    subject, text = _to_colleague(channels, parcel)
    return Mail(
        to=parcel.notice.recipient,
        subject=f"OPS-{parcel.incident.number} {parcel.incident.severity}: {subject}",
        text=text,
        message_id=f"notice.{parcel.notice.id}@opsbook",
        references=(f"incident.{parcel.incident.number}@opsbook",),
    )


def comms_url(channels: Channels, number: int) -> str:
    """Where messages about an incident are written and approved."""
    return f"{channels.settings.base_url.rstrip('/')}/incidents/{number}/comms"


def _to_reader(channels: Channels, parcel: Parcel, message: StatusUpdate) -> Mail:
    notice = parcel.notice
    base, token = channels.settings.base_url.rstrip("/"), opting_out.token_of(channels.secret_key, notice)
    footer = f"You get this because {notice.recipient} is on our list for incidents."
    text, html = to_text(message.body) + f"\n-- \n{footer}\n", to_html(message.body)
    if token:
        page = f"{base}{opting_out.PAGE}{token}"
        text += f"Unsubscribe: {page}\n"
        html += f'<hr><p><small>{escape(footer)} <a href="{escape(page)}">Unsubscribe</a></small></p>'
    return Mail(
        to=notice.recipient,
        subject=message.subject,
        text=text,
        html=f"<!doctype html><html><body>{html}</body></html>",
        message_id=f"update.{message.id}.{notice.id}@opsbook",
        references=(f"incident.{parcel.incident.number}.{message.audience}@opsbook",),
        unsubscribe_url=f"{base}{opting_out.PRESS}{token}" if token else None,
    )


def _to_colleague(channels: Channels, parcel: Parcel) -> tuple[str, str]:
    where = comms_url(channels, parcel.incident.number)
    if parcel.message is not None:
        message, whom = parcel.message, rules.AUDIENCE_WORDS[parcel.message.audience]
        return (
            f"approve what we tell {whom}",
            f"{message.written_by} wrote to {whom}. It leaves once somebody else has approved it:\n"
            f"{where}\n\n"
            f"{message.subject}\n\n{to_text(message.body)}",
        )
    if parcel.duty is None:
        raise OpsbookError("A notice is about a message or a duty.")
    words = DUE[parcel.duty.kind]
    return words[0].lower() + words[1:], f"{words}. {parcel.incident.title}\n\nWrite it here: {where}\n"
