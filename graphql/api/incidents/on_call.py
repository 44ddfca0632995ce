"""Who is on call when a step of an escalation is due, or was when it fired."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from app.incidents import models
from app.incidents.on_call import now
from app.security.models import Person

STEP = models.EscalationStep.__table__.c
_then = models.OnCallShift.__table__.alias("then")
_who = Person.__table__.alias("who")
_at = func.coalesce(STEP.fired_at, STEP.due_at)


def _of_shift(value: ColumnElement[Any]) -> ColumnElement[Any]:
    covers = or_(_then.c.ends_at.is_(None), _then.c.ends_at > _at)
    counts = or_(STEP.fired_at.is_not(None), now.is_heard(_then.c))
    return (
        select(value)
        .select_from(_then.outerjoin(_who, _who.c.id == _then.c.person_id))
        .where(_then.c.role == STEP.role, _then.c.begins_at <= _at, covers, counts)
        .order_by(*now.best_first(_then.c))
        .limit(1)
        .scalar_subquery()
    )


ON_CALL = _of_shift(func.coalesce(_who.c.name, _then.c.name))
ON_CALL_UNTIL = _of_shift(_then.c.ends_at)
