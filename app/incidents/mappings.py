"""Declare how a source's bodies are read. What is declared is tried on an example before it is kept."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from app.audit import trail
from app.errors import InvalidInput, NotFound
from app.incidents import declared
from app.incidents.declared import Declared
from app.incidents.intake import AlertSignal, mapping
from app.incidents.models import AlertSource
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

LONGEST_EXAMPLE = 16 * 1024
FORMATS = ("json", "cloudevents")


def preview(actor: Actor, *, told: object, example: str) -> tuple[Declared, Sequence[AlertSignal]]:
    """Say which alerts a body would make. Nothing is kept.

    Raises: InvalidInput, whose `path` begins with `mapping` or `example`.
    """
    actor.demand(Scope.ADMIN)
    how = declared.declared(told)
    if len(example) > LONGEST_EXAMPLE:
        raise InvalidInput(f"An example has at most {LONGEST_EXAMPLE:,} characters.", path=("example",))
    try:
        found = mapping.read(how, example.encode())
    except InvalidInput as error:
        raise InvalidInput(f"The example cannot be read: {error.message}", path=("example",)) from None
    if not found:
        raise InvalidInput("The example holds no alert. Take a body that has one.", path=("example",))
    return how, found


async def declare(work: UnitOfWork, actor: Actor, source_id: int, *, told: object, example: str) -> int:
    """Read a source's bodies so from now on; answers its id."""
    how, _ = preview(actor, told=told, example=example)
    source = await work.session.scalar(
        select(AlertSource)
        .where(AlertSource.id == source_id, AlertSource.revoked_at.is_(None))
        .with_for_update()
    )
    if source is None:
        raise NotFound("There is no such source that is still in use.", path=("sourceId",))
    if source.format not in FORMATS:
        reason = f"Only sources of the formats {' and '.join(FORMATS)} are read by a mapping."
        raise InvalidInput(reason, path=("sourceId",))
    source.mapping, source.mapping_example = msgspec.to_builtins(how), example
    kept = {"name": source.name, "mapping": source.mapping}
    await trail.record(work, actor, "source.map", ("source", source_id), **kept)
    work.announce("settings")
    return source_id
