"""Write the audit trail in the command's own transaction: neither is there without the other."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import insert

from app import clock
from app.audit.models import AuditEvent
from app.storage.unit_of_work import UnitOfWork


class Actor(Protocol):
    """Whoever did it. Security stands on the trail, not the other way round, so only the shape is known."""

    @property
    def reference(self) -> str:
        """A stable name, as in `person:3`."""

    @property
    def name(self) -> str:
        """What people read."""


async def record(
    work: UnitOfWork, actor: Actor, action: str, target: tuple[str, object], **changes: Any
) -> None:
    """Write down that `actor` did `action` (as in `incident.acknowledge`) to `target`, a type and an id.

    Never pass a secret in `changes`: the row is exported and kept for years.
    """
    await work.session.execute(
        insert(AuditEvent).values(
            time=clock.now(),
            action=action,
            outcome="done",
            actor=actor.reference,
            actor_name=actor.name,
            target_type=target[0],
            target_id=str(target[1]),
            changes=changes,
        )
    )
