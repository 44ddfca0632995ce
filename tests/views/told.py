"""A context for every template on what readers are told, as its handler would hand it over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from api.public import PublicIncident, PublicUpdate
from app.templates import PublicStatus
from tests.views import samples
from tests.views.samples import START, Json, at, frame, person
from views.frame import Frame

NOTHING: list[Any] = []
AUDIENCES = [{"audience": "COMMUNITY", "readers": 2}, {"audience": "ENTERPRISE", "readers": 12}]
TEMPLATE = "docs/operations/templates/incident-community-investigating.md"
GIVEN: Json = {
    "audience": "COMMUNITY",
    "status": "IDENTIFIED",
    "affected": "card payments, refunds",
    "summary": "Some card payments fail at checkout.",
    "details": "",
    "advice": "",
    "minutes": "20",
    "subject": "",
    "text": "",
    "nextUpdateAt": at(3000),
}


def message(seq: int, **changes: Any) -> Json:
    """One message to the community, sent."""
    values: Json = {
        "id": f"update_{seq}",
        "seq": seq,
        "audience": "COMMUNITY",
        "publicStatus": "INVESTIGATING",
        "subject": "Problems with card payments",
        "html": "<p>We are looking into problems with card payments.</p>",
        "templatePath": TEMPLATE,
        "templateSha256": "8f" * 32,
        "edited": False,
        "writtenAt": at(200),
        "writtenBy": "Olive Okafor",
        "isOwn": False,
        "needsApproval": True,
        "approvedBy": "Ivan Petrov",
        "sentAt": at(240),
        "discardedAt": None,
        "discardedBy": None,
        "nextUpdateAt": at(1440),
        "deliveryCounts": [copies("mail", "delivered", 2), copies("statuspage", "delivered", 1)],
        "undelivered": [],
    }
    return values | changes


def copies(channel: str, state: str, count: int) -> Json:
    """Copies of a message that stand alike."""
    return {"channel": channel, "state": state, "count": count, "lastError": None, "url": None}


def duty(kind: str, due: float, **changes: Any) -> Json:
    """A word that is owed."""
    values: Json = {"kind": kind, "dueAt": at(due), "metAt": None, "metBy": None, "waivedBy": None}
    return values | {"waiveReason": None, "nudgedAt": None, "waivers": []} | changes


FAILED = {
    "id": "notice_7",
    "channel": "slack",
    "recipient": "incident channel",
    "state": "uncertain",
    "lastError": "Slack may show it: timeout",
}
UNSENT: Json = {"sentAt": None, "approvedBy": None, "deliveryCounts": []}
MESSAGES = [
    message(1, undelivered=[FAILED], edited=True),
    message(2, **UNSENT, discardedAt=at(400), discardedBy="Ivan Petrov"),
    message(3, **UNSENT, audience="ENTERPRISE", isOwn=True),
    message(4, **UNSENT, publicStatus="IDENTIFIED"),
]
OWED = [
    duty("first_public_update", 300, metAt=at(240), metBy="Olive Okafor"),
    duty("next_update", 1440, nudgedAt=at(1440), waivers=[{"role": "commander", "person": person("Ivan")}]),
    duty("next_enterprise_update", 9000, waivedBy=["Ivan", "Paula"], waiveReason="It is nobody's"),
]
TOLD = samples.answered(statusUpdates=MESSAGES, obligations=OWED)
SCOPES = {"roles": frozenset({"commander"})}
COMMS: Json = {"frame": samples.incident_frame(1961, **SCOPES), "incident": TOLD, "audiences": AUDIENCES}
DRAFT: Json = {
    "audience": "COMMUNITY",
    "publicStatus": "IDENTIFIED",
    "subject": "Problems with {{ affected }}",
    "text": "We have found the cause.",
    "templatePath": TEMPLATE,
    "needsApproval": True,
}
MESSAGE: Json = {"frame": frame(), "incident": TOLD, "draft": DRAFT, "given": GIVEN, "errors": NOTHING}
PREVIEW: Json = {
    "subject": "Problems with card payments: we know the cause",
    "html": "<p>We have found the cause.</p>",
    "changes": [{"change": one, "text": f"A {one} line"} for one in ("same", "gone", "new")],
    "templatePath": TEMPLATE,
    "templateSha256": "8f" * 32,
    "needsApproval": True,
    "nextUpdateAt": at(3000),
    "readers": 2,
}


def published(number: int, status: PublicStatus, seconds: float) -> PublicIncident:
    """An incident of which the community was told."""
    word = PublicUpdate(
        key=f"{number}-1",
        status=status,
        subject="Problems with card payments",
        html="<p>We are looking into it.</p>",
        text="We are looking into it.",
        at=START + timedelta(seconds=seconds),
        affected=["card payments"],
        next_at=None,
    )
    return PublicIncident(number, START, [word])


OPEN, OVER = published(2417, PublicStatus.INVESTIGATING, 240), published(2409, PublicStatus.RESOLVED, -90000)
ONE_READER = {
    "id": "subscriber_1",
    "audience": "ENTERPRISE",
    "email": "cto@example.com",
    "name": "Acme",
    "addedAt": at(-90000),
    "addedBy": "Ada",
    "optedOutAt": None,
    "removedAt": None,
}
READERS: Json = {
    "frame": frame(section="subscribers"),
    "subscribers": samples.connection(
        [
            ONE_READER,
            ONE_READER | {"email": "a@example.com", "optedOutAt": at(0)},
            ONE_READER | {"email": "b@example.com", "removedAt": at(0)},
        ],
        more="c3",
    ),
    "audiences": AUDIENCES,
    "given": {"audience": "ENTERPRISE", "list": ""},
    "errors": NOTHING,
}
NOBODY = Frame()

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "told": (
        "incidents/page.html",
        dict(samples.incident_page(1961, incident=TOLD, audiences=AUDIENCES)),
    ),
    "comms": ("incidents/comms.html", COMMS),
    "comms-empty": (
        "incidents/comms.html",
        COMMS | {"incident": TOLD | {"statusUpdates": [], "obligations": []}},
    ),
    "message": ("incidents/message.html", MESSAGE | {"minutes": ("10", "20")}),
    "message-wrong": (
        "incidents/message.html",
        MESSAGE
        | {
            "minutes": ("10", "20"),
            "given": GIVEN | {"text": "{{ nothing }}", "subject": "s"},
            "errors": [{"field": "text", "message": "`nothing` is not known."}],
        },
    ),
    "message-preview": (
        "incidents/message_preview.html",
        {"frame": frame(), "incident": TOLD, "preview": PREVIEW, "given": GIVEN},
    ),
    "waiver": (
        "incidents/waiver.html",
        {
            "frame": frame(),
            "incident": TOLD,
            "kind": "next_update",
            "given": {"reason": ""},
            "errors": NOTHING,
        },
    ),
    "readers": ("settings/subscribers.html", READERS),
    "readers-none": ("settings/subscribers.html", READERS | {"subscribers": samples.connection([])}),
    "public": ("public/status.html", {"frame": NOBODY, "incidents": [OPEN, OVER]}),
    "public-quiet": ("public/status.html", {"frame": NOBODY, "incidents": []}),
    "public-incident": ("public/incident.html", {"frame": NOBODY, "incident": OPEN}),
    "unsubscribe": (
        "public/unsubscribe.html",
        {"frame": NOBODY, "email": "cto@example.com", "is_out": False, "token": "t"},
    ),
    "unsubscribed": (
        "public/unsubscribe.html",
        {"frame": NOBODY, "email": "cto@example.com", "is_out": True, "token": "t"},
    ),
    "unsubscribe-unknown": (
        "public/unsubscribe.html",
        {"frame": NOBODY, "email": "", "is_out": False, "token": "t"},
    ),
}
