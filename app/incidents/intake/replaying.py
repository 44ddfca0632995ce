"""Read once more what could not be read, and apply it as if it came now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.audit import trail
from app.errors import Conflict, InvalidInput, NotFound
from app.incidents.intake import receiving
from app.incidents.intake.formats import FORMATS
from app.incidents.intake.receiving import Body, Delivery
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import AlertSource, FailedDelivery
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Trial:
    """One delivery, read once more: what it says, or the `error` that still keeps it from being read.

    Nothing is done any more to one that `was_replayed` before.
    """

    row: FailedDelivery
    source: AlertSource
    bodies: Sequence[Body] = ()
    error: str | None = None
    was_replayed: bool = False

    @property
    def signals(self) -> list[AlertSignal]:
        """What it says, alert by alert."""
        return [signal for body in self.bodies for signal in body.signals]


async def listed(work: UnitOfWork, actor: Actor) -> Sequence[tuple[FailedDelivery, AlertSource]]:
    """What waits to be replayed, the newest first."""
    actor.demand(Scope.ADMIN)
    waiting = (
        select(FailedDelivery, AlertSource)
        .join(AlertSource, AlertSource.id == FailedDelivery.source_id)
        .where(FailedDelivery.replayed_at.is_(None))
        .order_by(FailedDelivery.received_at.desc(), FailedDelivery.id.desc())
        .limit(MOST_AT_ONCE)
    )
    return [(row, source) for row, source in await work.session.execute(waiting)]


async def replay(
    work: UnitOfWork, actor: Actor, ids: Collection[int], *, dry_run: bool = False
) -> list[Trial]:
    """Read deliveries as their sources are read now, and apply what they say; a dry run only reads.

    One that was replayed before changes nothing. What still cannot be read stays, with its new error.
    """
    actor.demand(Scope.ADMIN)
    trials = [_try(row, source) for row, source in await _found(work, set(ids))]
    if not dry_run:
        await _carry_out(work, actor, [trial for trial in trials if not trial.was_replayed])
    return trials


async def _found(work: UnitOfWork, ids: Collection[int]) -> Sequence[tuple[FailedDelivery, AlertSource]]:
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise InvalidInput(f"Choose 1 to {MOST_AT_ONCE} deliveries.", path=("ids",))
    wanted = (
        select(FailedDelivery, AlertSource)
        .join(AlertSource, AlertSource.id == FailedDelivery.source_id)
        .where(FailedDelivery.id.in_(ids))
        .order_by(FailedDelivery.id)
        .options(undefer(AlertSource.silences))
    )
    found = [(row, source) for row, source in await work.session.execute(wanted)]
    if len(found) < len(ids):
        raise NotFound("One of these deliveries is no longer kept. Load the list again.", path=("ids",))
    return found


def _try(row: FailedDelivery, source: AlertSource) -> Trial:
    if row.replayed_at is not None:
        return Trial(row, source, was_replayed=True)
    if source.revoked_at is not None:
        return Trial(row, source, error="Its source is revoked. Let the sender use one that is not.")
    how = FORMATS[source.format]
    delivery = Delivery(
        key="",
        sends=source.format,
        read=how.read,
        parts=how.parts,
        body=row.body,
        content_type=row.content_type,
        headers=[(name, value) for name, value in row.headers],
        idempotency_key=row.idempotency_key,
    )
    try:
        return Trial(row, source, receiving.read(source, delivery))
    except InvalidInput as error:
        return Trial(row, source, error=error.message)


async def _carry_out(work: UnitOfWork, actor: Actor, trials: Sequence[Trial]) -> None:
    bodies = [body for trial in trials for body in trial.bodies]
    if bodies:
        await receiving.take(work, bodies)
    await _lock(work, trials)
    now = await work.now()
    for trial in trials:
        if trial.error is not None:
            trial.row.error = trial.error
            continue
        trial.row.replayed_at, trial.row.replayed_by = now, actor.name
        said = {"source": trial.source.name, "alerts": len(trial.signals)}
        await trail.record(work, actor, "delivery.replay", ("delivery", trial.row.id), **said)
    work.announce("settings")


async def _lock(work: UnitOfWork, trials: Sequence[Trial]) -> None:
    """Lock the rows after the groups, as the door does, and in its order; a second replay finds them over."""
    ids = [trial.row.id for trial in trials]
    waiting = (
        select(FailedDelivery)
        .where(FailedDelivery.id.in_(ids), FailedDelivery.replayed_at.is_(None))
        .order_by(FailedDelivery.source_id, FailedDelivery.digest)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if len((await work.session.scalars(waiting)).all()) < len(trials):
        raise Conflict("Somebody else has just replayed one of these. Load the list again.")
