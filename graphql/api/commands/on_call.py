"""Commands on who is on call."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated

import strawberry

from api.commands.inputs import INPUT, given
from api.commands.payloads import AFTERWARDS, ERRORS, KEY, Info, UserError, carry_out, row_id
from api.on_call import COVER, ROTA, OnCallCover, Rota
from api.plan import one
from api.words import IncidentRole, Weekday
from app.errors import InvalidInput
from app.incidents.on_call import covers, rotas
from app.incidents.on_call.rotas import Handover
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork


@strawberry.input(description="Who takes turns in a role. The first is on call at once.")
class SetRotaInput:
    """What setRota takes."""

    role: IncidentRole = given("In which role.")
    member_ids: list[strawberry.ID] = given("Who, in this order, as in `person_3`; none ends the rota.")
    handover_day: Weekday = given("On which day it is handed over.")
    handover_time: str = given("At what time, as in `09:00`.")
    time_zone: str = given("By the clock of which zone, as in Europe/Berlin.")


@strawberry.input(description="Somebody stands in for a while.")
class CoverInput:
    """What coverOnCall takes."""

    role: IncidentRole = given("In which role.")
    person_id: strawberry.ID = given("Who, as in `person_3`.")
    begins_at: datetime | None = given("From when; from now on if absent.", default=None)
    ends_at: datetime = given("Until when, at most eight weeks later.")


@strawberry.input(description="A cover.")
class CoverRef:
    """Names a cover."""

    cover_id: strawberry.ID = given("Which, as in `cover_3`.")


@strawberry.type(description="What became of a rota.")
class RotaPayload:
    """The answer of setRota."""

    key: strawberry.Private[int | None]
    rota: Rota | None = one(ROTA.id == KEY, AFTERWARDS)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What became of a cover.")
class CoverPayload:
    """The answer of commands on covers."""

    key: strawberry.Private[int | None]
    cover: OnCallCover | None = one(COVER.id == KEY, AFTERWARDS)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class OnCallCommands:
    """The mutations of the page on who is on call."""

    @strawberry.mutation(description="Set who takes turns in a role. Needs the scope `admin`.")
    async def set_rota(self, info: Info, asked: Annotated[SetRotaInput, INPUT]) -> RotaPayload:
        """Set."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            members = [row_id(one, "person", "memberIds") for one in asked.member_ids]
            handover = Handover(asked.handover_day, _time(asked.handover_time), asked.time_zone)
            return await rotas.set_rota(work, actor, asked.role, members, handover)

        outcome = await carry_out(info, None, command)
        return RotaPayload(key=outcome.key, user_errors=outcome.errors)

    @strawberry.mutation(
        description="Put somebody on call in a role for a while. Of several the last one counts."
    )
    async def cover_on_call(self, info: Info, asked: Annotated[CoverInput, INPUT]) -> CoverPayload:
        """Source: PagerDuty, "Overrides"."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            person = row_id(asked.person_id, "person", "personId")
            return await covers.cover(
                work, actor, asked.role, person, begins_at=asked.begins_at, ends_at=asked.ends_at
            )

        outcome = await carry_out(info, None, command)
        return CoverPayload(key=outcome.key, user_errors=outcome.errors)

    @strawberry.mutation(description="Call a cover off.")
    async def cancel_cover(self, info: Info, asked: Annotated[CoverRef, INPUT]) -> CoverPayload:
        """Call off."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await covers.cancel(work, actor, row_id(asked.cover_id, "cover", "coverId"))

        outcome = await carry_out(info, None, command)
        return CoverPayload(key=outcome.key, user_errors=outcome.errors)


def _time(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time on a wall, of no day
    except ValueError as error:
        raise InvalidInput("Write the time as in 09:00.", path=("handoverTime",)) from error
