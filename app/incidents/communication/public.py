"""What anybody may read: the messages that were sent to the community, and nothing else that is known.

Every value here was written for outsiders. No title, name, note or severity of ours is even read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, select

from app.errors import NotFound
from app.incidents.communication import rules
from app.incidents.communication.given import Given
from app.incidents.models import Incident, StatusUpdate
from app.storage.unit_of_work import UnitOfWork
from app.templates import Audience, PublicStatus, to_html, to_text


@dataclass(frozen=True, slots=True)
class PublicUpdate:
    """One message to the community."""

    key: str
    status: PublicStatus
    subject: str
    html: str
    text: str
    at: datetime
    affected: Sequence[str]
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublicIncident:
    """What the community was told of one incident, newest first."""

    number: int
    began_at: datetime
    updates: list[PublicUpdate] = field(default_factory=list)

    @property
    def newest(self) -> PublicUpdate:
        """The last word."""
        return self.updates[0]

    @property
    def is_open(self) -> bool:
        """Whether it has not been called over in public."""
        return self.newest.status is not PublicStatus.RESOLVED


async def everything(work: UnitOfWork) -> list[PublicIncident]:
    """What was spoken of within 90 days, each whole, the last word first."""
    since = await work.now() - rules.HISTORY
    recent = select(StatusUpdate.incident_id).where(*_SENT, StatusUpdate.sent_at >= since)
    chosen = _told().where(Incident.id.in_(recent))
    found = _gathered((await work.session.execute(chosen)).all())
    return sorted(found, key=lambda one: one.newest.at, reverse=True)


async def one(work: UnitOfWork, number: int) -> PublicIncident:
    """What was told of one incident, however long ago.

    Raises: NotFound alike for one that does not exist and one that nobody outside was told of.
    """
    found = _gathered((await work.session.execute(_told().where(Incident.id == number))).all())
    if not found:
        raise NotFound("There is no such incident.")
    return found[0]


_SENT = (StatusUpdate.audience == Audience.COMMUNITY, StatusUpdate.sent_at.is_not(None))


def _told() -> Select[int, datetime, StatusUpdate]:
    return (
        select(Incident.id, Incident.triggered_at, StatusUpdate)
        .join(StatusUpdate, StatusUpdate.incident_id == Incident.id)
        .where(*_SENT)
        .order_by(Incident.id.desc(), StatusUpdate.seq.desc())
    )


def _gathered(rows: Iterable[tuple[int, datetime, StatusUpdate]]) -> list[PublicIncident]:
    incidents: dict[int, PublicIncident] = {}
    for number, began_at, message in rows:
        incidents.setdefault(number, PublicIncident(number, began_at)).updates.append(_shown(message))
    return list(incidents.values())


def _shown(message: StatusUpdate) -> PublicUpdate:
    assert message.sent_at is not None  # noqa: S101 - the statement says so
    return PublicUpdate(
        key=f"{message.incident_id}-{message.seq}",
        status=message.public_status,
        subject=message.subject,
        html=to_html(message.body),
        text=to_text(message.body).strip(),
        at=message.sent_at,
        affected=Given.of(message.given).affected,
        next_at=message.next_update_at,
    )
