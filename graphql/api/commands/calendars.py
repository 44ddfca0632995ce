"""Commands on the viewer's calendars."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.commands.inputs import INPUT, given
from api.commands.payloads import AFTERWARDS, ERRORS, KEY, Info, UserError, carry_out, row_id
from api.on_call import CALENDAR, OnCallCalendar
from api.plan import one
from app.incidents.on_call import calendars
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork


@strawberry.input(description="Which calendar.")
class RenewCalendarInput:
    """What renewCalendar takes."""

    everybody: bool = given("Everybody's shifts; otherwise only yours.", default=False)


@strawberry.input(description="One of your calendars.")
class CalendarRef:
    """Names a calendar."""

    calendar_id: strawberry.ID = given("Which, as in `calendar_3`.")


@strawberry.type(description="What became of a calendar.")
class CalendarPayload:
    """The answer of commands on calendars."""

    key: strawberry.Private[int | None]
    calendar: OnCallCalendar | None = one(CALENDAR.id == KEY, AFTERWARDS)
    url: str | None = strawberry.field(description="A new address. It is shown only now.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class CalendarCommands:
    """The mutations of calendars."""

    @strawberry.mutation(
        description="Make your calendar's address, or make it anew: the one before leads nowhere."
    )
    async def renew_calendar(
        self, info: Info, asked: Annotated[RenewCalendarInput, INPUT]
    ) -> CalendarPayload:
        """Renew."""

        async def command(work: UnitOfWork, actor: Actor) -> tuple[int, str]:
            return await calendars.renew(work, actor, everybody=asked.everybody)

        outcome = await carry_out(info, None, command)
        url = calendars.address(info.context.base_url, outcome.secret) if outcome.secret else None
        return CalendarPayload(key=outcome.key, url=url, user_errors=outcome.errors)

    @strawberry.mutation(description="Let one of your calendars' addresses lead nowhere.")
    async def revoke_calendar(self, info: Info, asked: Annotated[CalendarRef, INPUT]) -> CalendarPayload:
        """Revoke."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await calendars.revoke(work, actor, row_id(asked.calendar_id, "calendar", "calendarId"))

        outcome = await carry_out(info, None, command)
        return CalendarPayload(key=outcome.key, url=None, user_errors=outcome.errors)
