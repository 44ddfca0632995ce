"""What was told to whom, every copy of it, and the register of its readers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import ARRAY, Integer, Text, cast, func, select

from api import plan, viewer
from api.calls import Call
from api.commands.status_updates import StatusUpdateInput, wanted
from api.connections import Connection
from api.node import Node
from api.plan import column
from api.plan.declare import hidden
from api.scalars import JSON
from api.words import Audience, PublicStatus
from app import clock
from app.errors import NotFound
from app.incidents import models
from app.incidents.communication import previewing
from app.incidents.communication.rules import OWED_FOR
from app.incidents.communication.words import NoticeState, Purpose
from app.security.permissions import Actor, Scope
from app.templates import to_html

INCIDENT = models.Incident.__table__.c
UPDATE = models.StatusUpdate.__table__.c
NOTICE = models.Notice.__table__.c
SUBSCRIBER = models.Subscriber.__table__.c

_duty = models.Obligation.__table__.alias("late_duty")
UPDATES_OVERDUE = (
    select(cast(func.count(), Integer))
    .where(
        _duty.c.incident_id == INCIDENT.id,
        _duty.c.kind.in_(OWED_FOR),
        _duty.c.met_at.is_(None),
        _duty.c.waived_by.is_(None),
        _duty.c.due_at < clock.now(),
    )
    .scalar_subquery()
)
UNDELIVERED = (NoticeState.FAILED, NoticeState.UNCERTAIN)

sees = viewer.SEES_INCIDENTS

_notice = models.Notice.__table__.alias("counted")
COUNTED = (
    select(
        _notice.c.status_update_id,
        cast(_notice.c.channel, Text).label("channel"),
        cast(_notice.c.state, Text).label("state"),
        cast(func.count(), Integer).label("count"),
        func.max(_notice.c.last_error).label("last_error"),
        func.max(_notice.c.external_url).label("url"),
    )
    .where(_notice.c.purpose == Purpose.UPDATE)
    .group_by(_notice.c.status_update_id, _notice.c.channel, _notice.c.state)
    .subquery("delivered")
)
_reader = models.Subscriber.__table__.alias("reader")
REACH = (
    select(cast(_reader.c.audience, Text).label("audience"), cast(func.count(), Integer).label("readers"))
    .where(_reader.c.opted_out_at.is_(None), _reader.c.removed_at.is_(None))
    .group_by(_reader.c.audience)
    .subquery("reach")
)


@plan.table_type(
    models.Notice.__table__,
    sees=sees,
    node="notice",
    description="One copy of a message to one recipient by one channel. It leaves once; what failed is said.",
)
class StatusDelivery(Node):
    """A copy."""

    channel: str = column(cast(NOTICE.channel, Text), "By what: `mail`, `slack` or `statuspage`.")
    purpose: str = column(
        cast(NOTICE.purpose, Text), "`update` for readers; `approval` and `nudge` for colleagues."
    )
    recipient: str = column(NOTICE.recipient, "Whom it is for: an address, or the channel's one end.")
    state: str = column(
        cast(NOTICE.state, Text),
        "`queued`, `delivered`, `failed`, `uncertain` (it left, and nobody can know whether it arrived) or"
        " `left_out` (the channel is not set up).",
    )
    attempts: int = column(NOTICE.attempts, "How often it was tried.")
    queued_at: datetime = column(NOTICE.queued_at, "When it was decided on.")
    delivered_at: datetime | None = column(NOTICE.delivered_at, "When the other side took it.")
    last_error: str | None = column(NOTICE.last_error, "Why the last try failed.")
    url: str | None = column(NOTICE.external_url, "Where it can be read, if it can.")


@plan.table_type(COUNTED, sees=sees, description="How many copies of a message stand alike in one channel.")
class StatusDeliveryCount:
    """Copies, counted."""

    channel: str = column(COUNTED.c.channel, "By what: `mail`, `slack` or `statuspage`.")
    state: str = column(COUNTED.c.state, "How far they have come, as in `StatusDelivery`.")
    count: int = column(COUNTED.c.count, "How many they are.")
    last_error: str | None = column(COUNTED.c.last_error, "Why one of them failed.")
    url: str | None = column(COUNTED.c.url, "Where one of them can be read, if it can.")


@plan.table_type(
    models.StatusUpdate.__table__,
    sees=sees,
    node="update",
    description="A message to one audience on how an incident stands. Once sent, it never changes.",
)
class StatusUpdate(Node):
    """A message."""

    seq: int = column(UPDATE.seq, "Counts the incident's messages from 1.")
    audience: Audience = column(UPDATE.audience, "Whom it is for.")
    public_status: PublicStatus = column(UPDATE.public_status, "What it says of where the incident stands.")
    subject: str = column(UPDATE.subject, "Its subject, in a line.")
    body: str = column(UPDATE.body, "Its text, as Markdown.")

    @plan.computed("Its text, as its readers see it.", needs=[UPDATE.body])
    @staticmethod
    def html(parent: strawberry.Parent[Any]) -> str:
        """Turn the Markdown into HTML."""
        return to_html(parent[hidden("body")])

    affected: list[str] = column(
        func.array(
            select(func.jsonb_array_elements_text(UPDATE.given["affected"])).scalar_subquery(),
            type_=ARRAY(Text()),
        ),
        "The parts that it says do not work, in words for outsiders.",
    )
    template_path: str | None = column(UPDATE.template_path, "The template that it was written from.")
    template_sha256: str | None = column(
        UPDATE.template_sha256, "SHA-256 of that template's file, as it was then."
    )
    edited: bool = column(UPDATE.edited, "Whether its author changed the template's wording.")
    written_at: datetime = column(UPDATE.written_at, "When it was written.")
    written_by: str = column(UPDATE.written_by, "Who wrote it.")
    is_own: bool = column(
        func.coalesce(UPDATE.author_id == viewer.PERSON_ID, False),
        "Whether you wrote it: then somebody else approves it.",
    )
    needs_approval: bool = column(UPDATE.needs_approval, "Whether somebody else has to approve it first.")
    approved_at: datetime | None = column(UPDATE.approved_at, "When it was approved.")
    approved_by: str | None = column(UPDATE.approved_by, "Who approved it.")
    sent_at: datetime | None = column(UPDATE.sent_at, "When it was sent; null while it waits for approval.")
    discarded_at: datetime | None = column(UPDATE.discarded_at, "When it was sent back instead.")
    discarded_by: str | None = column(UPDATE.discarded_by, "Who sent it back, or wrote a newer one.")
    next_update_at: datetime | None = column(UPDATE.next_update_at, "When it promises the next one.")
    delivery_counts: list[StatusDeliveryCount] = plan.many(
        COUNTED.c.status_update_id == UPDATE.id,
        "Its copies by channel and state.",
        order=[COUNTED.c.channel, COUNTED.c.state],
        size=6,
    )
    undelivered: list[StatusDelivery] = plan.many(
        (NOTICE.status_update_id == UPDATE.id) & NOTICE.state.in_(UNDELIVERED),
        "Its copies that failed, or of which nobody knows whether they arrived.",
        order=[NOTICE.id],
        size=5,
    )
    deliveries: Connection[StatusDelivery] = plan.connection(
        (NOTICE.status_update_id == UPDATE.id) & (NOTICE.purpose == Purpose.UPDATE),
        "Its copies, one by one.",
        keys=[NOTICE.id],
        backward=False,
    )


@plan.table_type(REACH, sees=sees, description="How many readers an audience has.")
class AudienceReach:
    """Readers, counted."""

    audience: Audience = column(REACH.c.audience, "Which audience.")
    readers: int = column(REACH.c.readers, "How many addresses of it get letters now.")


@plan.table_type(
    models.Subscriber.__table__,
    sees=viewer.ADMINISTERS,
    node="subscriber",
    description="An address that gets a letter when its audience is told something.",
)
class Subscriber(Node):
    """A reader."""

    audience: Audience = column(SUBSCRIBER.audience, "What they are told.")
    email: str = column(SUBSCRIBER.email, "Where letters go.")
    name: str = column(SUBSCRIBER.name, "Whose address it is.")
    added_at: datetime = column(SUBSCRIBER.added_at, "When it was added.")
    added_by: str = column(SUBSCRIBER.added_by, "Who added it.")
    opted_out_at: datetime | None = column(SUBSCRIBER.opted_out_at, "When the reader opted out.")
    removed_at: datetime | None = column(SUBSCRIBER.removed_at, "When somebody removed it.")


@strawberry.type(description="What the next message to an audience begins from.")
class StatusUpdateDraft:
    """A draft."""

    audience: Audience = strawberry.field(description="Whom it is for.")
    public_status: PublicStatus = strawberry.field(description="The status that fits, or that was asked for.")
    subject: str = strawberry.field(description="The template's subject, with variables.")
    text: str = strawberry.field(description="The template's text, with variables.")
    template_path: str = strawberry.field(description="The template's file.")
    given: JSON = strawberry.field(description="What was said last: affected, summary, details and advice.")
    needs_approval: bool = strawberry.field(description="Whether somebody else will have to approve it.")


@strawberry.type(description="A line of a message beside the one before: `same`, `new` or `gone`.")
class ChangedLine:
    """A line."""

    change: str = strawberry.field(description="`same`, `new` or `gone`.")
    text: str = strawberry.field(description="The line.")


@strawberry.type(description="A message as it would leave now. Nothing is kept.")
class StatusUpdatePreview:
    """A preview."""

    subject: str = strawberry.field(description="Its subject.")
    body: str = strawberry.field(description="Its text, as Markdown.")
    html: str = strawberry.field(description="Its text, as its readers see it.")
    template_path: str = strawberry.field(description="The template's file.")
    template_sha256: str = strawberry.field(description="SHA-256 of that file.")
    needs_approval: bool = strawberry.field(description="Whether somebody else will have to approve it.")
    next_update_at: datetime | None = strawberry.field(description="When it promises the next one.")
    readers: int = strawberry.field(description="How many get it as a letter.")
    lines: strawberry.Private[list[ChangedLine]]

    @plan.computed("Beside the last one that was sent.", size=50)
    def changes(self) -> list[ChangedLine]:
        """Line by line."""
        return self.lines


def _may_write(actor: Actor) -> bool:
    return viewer.may_see_incidents(actor) and actor.can(Scope.INCIDENTS_WRITE)


async def draft_of(
    info: strawberry.Info[Call], number: int, audience: Audience, public_status: PublicStatus | None
) -> StatusUpdateDraft | None:
    """Begin a message; None where there is no such incident for the viewer, or they may not write of it."""
    context = info.context.context
    if not _may_write(context.actor):
        return None
    try:
        async with context.database.unit_of_work() as work:
            found = await previewing.draft(work, context.actor, number, audience, public_status)
    except NotFound as error:
        if error.path != ("number",):  # it is a template that is missing
            raise
        return None
    return StatusUpdateDraft(
        audience=found.audience,
        public_status=found.status,
        subject=found.subject,
        text=found.text,
        template_path=found.template_path,
        given=JSON(found.given.kept),
        needs_approval=found.needs_approval,
    )


async def preview_of(info: strawberry.Info[Call], asked: StatusUpdateInput) -> StatusUpdatePreview | None:
    """Fill in a message; None for who may not write it. Raises: InvalidInput at the field; NotFound."""
    context = info.context.context
    if not _may_write(context.actor):
        return None
    async with context.database.unit_of_work() as work:
        found = await previewing.preview(
            work, context.actor, asked.number, wanted(asked), base_url=info.context.base_url
        )
    return StatusUpdatePreview(
        subject=found.subject,
        body=found.body,
        html=found.html,
        lines=[ChangedLine(change=line.change, text=line.text) for line in found.changes],
        template_path=found.template_path,
        template_sha256=found.template_sha256,
        needs_approval=found.needs_approval,
        next_update_at=found.next_update_at,
        readers=found.readers,
    )
