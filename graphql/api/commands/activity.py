"""Commands on the streams of the activity feed."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.commands.inputs import INPUT, ChangeStreamInput
from api.commands.payloads import Info, StreamPayload, carry_out
from app.activity import streams
from app.activity.streams import StreamSettings
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork


@strawberry.type
class ActivityCommands:
    """The mutations of the activity page."""

    @strawberry.mutation(description="Say what a stream is about, and from where on it alarms.")
    async def change_stream(self, info: Info, asked: Annotated[ChangeStreamInput, INPUT]) -> StreamPayload:
        """Source: handbook, "Severity definitions": alerts are mapped by the trend line."""
        settings = StreamSettings(asked.kind, asked.scope, asked.core, asked.threshold)

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await streams.change(
                work,
                actor,
                asked.stream,
                settings,
                reason=asked.reason,
                expected_version=asked.expected_version,
            )

        outcome = await carry_out(info, None, command)
        return StreamPayload(key=outcome.key, user_errors=outcome.errors)
