"""Commands on silences."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from api.commands.inputs import INPUT, given
from api.commands.payloads import AFTERWARDS, ERRORS, KEY, Info, UserError, carry_out, row_id
from api.incidents.silences import SILENCE, Silence
from api.plan import one
from app.incidents.silences import keeping
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork


@strawberry.input(description="What to hold back, from when until when, and why.")
class CreateSilenceInput:
    """What createSilence takes."""

    matchers: list[str] = given(
        "What an alert must say, all of it: `NAME = VALUE`, `NAME in ONE, OTHER` or `NAME ~ PATTERN` in RE2's"
        " syntax. A name is a label's, or one of source, severity, scope, component, group, class, origin and"
        " summary."
    )
    reason: str = given("Why. It is told when what was held back pages after all.")
    minutes: int = given("How long, at most 30 days; what still fires then pages.")
    starts_at: datetime | None = given("From when; now if absent.", default=None)
    includes_s0: bool = given(
        "Hold back an S0 as well, which a commander alone may.", default=False, name="includesS0"
    )


@strawberry.input(description="A silence.")
class SilenceRef:
    """Names a silence."""

    silence_id: strawberry.ID = given("Which, as in `silence_3`.")


@strawberry.type(description="What became of a silence.")
class SilencePayload:
    """The answer of commands on silences."""

    key: strawberry.Private[int | None]
    silence: Silence | None = one(SILENCE.id == KEY, AFTERWARDS)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class SilenceCommands:
    """The mutations of the page of silences."""

    @strawberry.mutation(
        description="Keep and show alerts that you expect without paging anybody. An S0 pages nevertheless."
    )
    async def create_silence(self, info: Info, asked: Annotated[CreateSilenceInput, INPUT]) -> SilencePayload:
        """Create."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await keeping.create(
                work,
                actor,
                matchers=asked.matchers,
                reason=asked.reason,
                lasts=timedelta(minutes=asked.minutes),
                starts_at=asked.starts_at,
                includes_s0=asked.includes_s0,
            )

        outcome = await carry_out(info, None, command)
        return SilencePayload(key=outcome.key, user_errors=outcome.errors)

    @strawberry.mutation(description="End a silence now: what it holds back and still fires pages at once.")
    async def end_silence(self, info: Info, asked: Annotated[SilenceRef, INPUT]) -> SilencePayload:
        """End."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await keeping.end(work, actor, row_id(asked.silence_id, "silence", "silenceId"))

        outcome = await carry_out(info, None, command)
        return SilencePayload(key=outcome.key, user_errors=outcome.errors)
