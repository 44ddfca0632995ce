"""Commands on what senders declare: how their bodies are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import strawberry

from api.commands.inputs import INPUT, given
from api.commands.payloads import Info, SourcePayload, carry_out, row_id
from api.scalars import JSON
from app.incidents import heartbeats, mappings
from app.incidents.heartbeats import Rhythm
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork


@strawberry.input(description="How the bodies of a source are read.")
class DeclareMappingInput:
    """What declareMapping takes."""

    source_id: strawberry.ID = given("Which, as in `source_3`. Its format is json or cloudevents.")
    mapping: JSON = given(
        "Where each part of an alert stands: `summary` and `dedup_key`, and as you like `status`, `severity`,"
        " `scope`, `group_key`, `source`, `component`, `group`, `class`, `timestamp`, `link` and `items`,"
        " each a path such as `alert.name`; `status_words` and `severity_words` say what words mean."
    )
    example: str = given("A body on which it is tried. What cannot be read is refused.")


@strawberry.input(description="When a heartbeat is due, and how bad it is when it does not come.")
class ChangeHeartbeatInput:
    """What changeHeartbeat takes."""

    source_id: strawberry.ID = given("Which, as in `source_3`. Its format is heartbeat.")
    every_seconds: int = given("How often it comes, in seconds.")
    grace_seconds: int = given("How late it may be, in seconds.")
    severity: str = given("How bad it is when it does not come: critical, error, warning or info.")
    scope: str | None = given("What it is about: platform, monetisation or feature.", default=None)


@strawberry.type
class SenderCommands:
    """The mutations of a source's page."""

    @strawberry.mutation(description="Read a source's bodies so from now on. Needs the scope `admin`.")
    async def declare_mapping(
        self, info: Info, asked: Annotated[DeclareMappingInput, INPUT]
    ) -> SourcePayload:
        """Declare."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            source_id = row_id(asked.source_id, "source", "sourceId")
            return await mappings.declare(work, actor, source_id, told=asked.mapping, example=asked.example)

        outcome = await carry_out(info, None, command)
        return SourcePayload(key=outcome.key, secret=None, example=None, user_errors=outcome.errors)

    @strawberry.mutation(description="Expect a heartbeat in another rhythm. Needs the scope `admin`.")
    async def change_heartbeat(
        self, info: Info, asked: Annotated[ChangeHeartbeatInput, INPUT]
    ) -> SourcePayload:
        """Change."""
        rhythm = Rhythm(
            every=timedelta(seconds=asked.every_seconds),
            grace=timedelta(seconds=asked.grace_seconds),
            severity=asked.severity,
            scope=asked.scope,
        )

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await heartbeats.change(work, actor, row_id(asked.source_id, "source", "sourceId"), rhythm)

        outcome = await carry_out(info, None, command)
        return SourcePayload(key=outcome.key, secret=None, example=None, user_errors=outcome.errors)
