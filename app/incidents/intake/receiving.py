"""Take bodies in: store them, then apply what they say to every group that they are about, all at once.

What arrives while a transaction is under way shares the next one: a storm costs little more than a shower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.errors import InvalidInput, OpsbookError
from app.incidents import locking, sources
from app.incidents.intake import applying, failures, news
from app.incidents.intake.failures import Failure
from app.incidents.intake.news import News
from app.incidents.intake.signals import AlertSignal
from app.incidents.models import AlertSource, InboundEvent
from app.incidents.silences import matching
from app.security.permissions import Actor
from app.storage.engine import Database
from app.storage.gathering import Gathering
from app.storage.unit_of_work import UnitOfWork

STORE = (
    insert(InboundEvent)
    .values(received_at=clock.now())
    .on_conflict_do_nothing()
    .returning(InboundEvent.source_id, InboundEvent.idempotency_key)
)


def whole(_source: AlertSource, delivery: Delivery) -> Sequence[Delivery]:
    """One body is one message: what most formats send."""
    return [delivery]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A body as it came to the door, with the key that is to open it and the way to read it.

    `parts` takes it apart where it holds several messages, or where its source says how it is read;
    `headers` are those that belong to the message.
    """

    key: str = field(repr=False)
    sends: str
    name: str | None = None
    read: Read
    parts: Parts = whole
    body: bytes = field(repr=False)
    content_type: str
    headers: Sequence[tuple[str, str]] = ()
    idempotency_key: str | None = None


Read = Callable[[bytes], Sequence[AlertSignal]]
Parts = Callable[[AlertSource, Delivery], Sequence[Delivery]]


@dataclass(frozen=True, slots=True)
class Body:
    """A delivery of a source that is known, and what it says."""

    source: AlertSource
    signals: Sequence[AlertSignal]
    body: bytes
    content_type: str
    idempotency_key: str | None = None


def reception(database: Database) -> Gathering[Delivery, None]:
    """Receive together what comes at once."""

    async def together(deliveries: Sequence[Delivery]) -> Sequence[OpsbookError | None]:
        async with database.unit_of_work() as work:
            return await receive(work, deliveries)

    return Gathering(together)


async def receive(work: UnitOfWork, deliveries: Sequence[Delivery]) -> list[OpsbookError | None]:
    """Let in what comes from a source and can be read; answers for each why it was refused, if it was.

    The same body again changes nothing but counts, and nothing at all under the same `idempotency_key`.
    What a known source sent and cannot be read is kept. The caller answers 2xx only after the commit.
    """
    known = await sources.of_keys(work, [delivery.key for delivery in deliveries])
    refusals: list[OpsbookError | None] = []
    bodies: list[Body] = []
    failed: list[Failure] = []
    for delivery in deliveries:
        try:
            bodies.extend(_let_in(known, delivery, failed))
            refusals.append(None)
        except OpsbookError as refusal:
            refusals.append(refusal)
    if bodies:
        await take(work, bodies)
    if failed:  # last, as a replay does: both take the groups' locks first
        await failures.keep(work, failed)
    return refusals


async def take(work: UnitOfWork, bodies: Sequence[Body]) -> None:
    """Store bodies and apply what they say."""
    stored = await _store(work, bodies)
    said = [one for body in stored for one in _sorted(body)]
    await locking.lock_groups(work, {one.group for one in said})
    for together in news.rounds(said):
        await applying.apply(work, together)
    for source in {body.source.id: body.source for body in stored}.values():
        await sources.note_seen(work, source, await work.now())


def _let_in(known: sources.Known, delivery: Delivery, failed: list[Failure]) -> list[Body]:
    source = sources.authenticate(known, delivery.key, sends=delivery.sends, name=delivery.name)
    try:
        return read(source, delivery)
    except InvalidInput as error:
        failed.append(_failure(source, delivery, error))
        raise


def read(source: AlertSource, delivery: Delivery) -> list[Body]:
    """Say what a source's delivery holds. Raises: InvalidInput, whose `path` names the field."""
    return [
        Body(source, part.read(part.body), part.body, part.content_type, part.idempotency_key)
        for part in delivery.parts(source, delivery)
    ]


def _failure(source: AlertSource, delivery: Delivery, error: InvalidInput) -> Failure:
    return Failure(
        source_id=source.id,
        # A key stands in the body itself where PagerDuty's format is spoken. It is nobody's to read again.
        body=delivery.body.replace(delivery.key.encode(), b"[key]"),
        content_type=delivery.content_type,
        headers=delivery.headers,
        idempotency_key=delivery.idempotency_key,
        error=error.message,
    )


def _sorted(body: Body) -> Sequence[News]:
    source = body.source
    return news.sort(source.id, _actor(source), body.signals, matching.active(source.silences))


def _actor(source: AlertSource) -> Actor:
    return Actor("source", source.id, source.name)


async def _store(work: UnitOfWork, bodies: Sequence[Body]) -> list[Body]:
    """Keep what came in; answers what is new. In one order for everybody: each idempotency key is a lock."""
    rows = [_row(body) for body in sorted(bodies, key=lambda body: body.idempotency_key or "")]
    new = {tuple(row) for row in await work.session.execute(STORE, rows)}
    taken = []
    for body in bodies:
        key = (body.source.id, body.idempotency_key)
        if body.idempotency_key is None or key in new:
            taken.append(body)
            new.discard(key)
    return taken


def _row(body: Body) -> dict[str, object]:
    return {
        "source_id": body.source.id,
        "content_type": body.content_type,
        "body": body.body,
        "idempotency_key": body.idempotency_key,
    }
