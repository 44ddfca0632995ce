"""When the pager has to look again, in one cheap statement, since an idle pager asks it twice a second."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.dialects import postgresql

from app import clock
from app.incidents import flapping
from app.incidents.models import (
    Alert,
    EscalationStep,
    Heartbeat,
    Incident,
    Obligation,
    Page,
    Silence,
    SlackPress,
)
from app.incidents.models.incident import HELD, UNTOLD
from app.incidents.words import AlertStatus
from app.storage.engine import Database

_timers = select(func.min(EscalationStep.due_at)).where(
    EscalationStep.fired_at.is_(None), EscalationStep.cancelled_at.is_(None)
)
_pages = select(func.min(func.greatest(Page.due_at, Page.lease_until))).where(Page.due_at.is_not(None))
_checks = select(func.min(Page.check_at)).where(Page.check_at.is_not(None))
_presses = select(func.min(func.greatest(SlackPress.due_at, SlackPress.lease_until))).where(
    SlackPress.due_at.is_not(None)
)
_lapses = select(func.min(Incident.lapses_at)).where(text(HELD))
_held = select(Alert.id).where(Alert.silence_id == Silence.id, Alert.status == AlertStatus.SUPPRESSED)
_silences = select(func.min(Silence.ends_at)).where(_held.exists())
_quiet = select(func.min(flapping.ENDS_AT)).where(*flapping.MAY_END)
_nudges = select(func.min(Obligation.due_at)).where(text(UNTOLD))
_heartbeats = select(func.min(Heartbeat.due_at)).where(Heartbeat.due_at.is_not(None))


def _seconds(until: Select[datetime | None]) -> ColumnElement[Any]:
    return func.extract("epoch", until.scalar_subquery() - clock.once())


_WAITS = str(
    select(
        _seconds(_timers).label("escalations"),
        _seconds(_pages).label("pages"),
        _seconds(_lapses).label("lapses"),
        _seconds(_silences).label("silences"),
        _seconds(_heartbeats).label("heartbeats"),
        _seconds(_quiet).label("quiet incidents"),
        _seconds(_nudges).label("nudges"),
        _seconds(_checks).label("confirmations"),
        _seconds(_presses).label("slack answers"),
    ).compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
)


async def seconds_until_due(database: Database) -> Mapping[str, float | None]:
    """Seconds until the pager has something to do of each kind: negative when late, None when it has not."""
    waits = await database.read(lambda connection: connection.fetchrow(_WAITS))
    return {kind: None if seconds is None else float(seconds) for kind, seconds in waits.items()}
