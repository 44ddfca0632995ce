"""Commands on what readers are told."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.commands.incidents import answer
from api.commands.inputs import INPUT
from api.commands.payloads import (
    Command,
    IncidentPayload,
    Info,
    StatusDeliveryPayload,
    StatusUpdatePayload,
    SubscriberPayload,
    SubscribersPayload,
    carry_out,
    row_id,
)
from api.commands.status_updates import (
    AddSubscribersInput,
    StatusDeliveryRef,
    StatusUpdateInput,
    StatusUpdateRef,
    SubscriberRef,
    WaiveObligationInput,
    wanted,
)
from app.incidents.communication import notices, posting, subscribers, waiving
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork

Message = Annotated[StatusUpdateRef, INPUT]


async def _message(info: Info, command: Command) -> StatusUpdatePayload:
    outcome = await carry_out(info, None, command)
    return StatusUpdatePayload(key=outcome.key, user_errors=outcome.errors)


@strawberry.type
class CommunicationCommands:
    """The mutations of the communication page and of the register of readers."""

    @strawberry.mutation(
        description="Tell an audience how an incident stands. Of S0 and S1, what outsiders read waits until"
        " somebody else has approved it."
    )
    async def post_status_update(
        self, info: Info, asked: Annotated[StatusUpdateInput, INPUT]
    ) -> StatusUpdatePayload:
        """Source: handbook, "Communication templates"."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await posting.post(
                work,
                actor,
                asked.number,
                wanted(asked),
                base_url=info.context.base_url,
                expected_version=asked.expected_version,
            )

        return await _message(info, command)

    @strawberry.mutation(
        description="Approve a message that somebody else wrote, as commander or policy owner; it is sent."
    )
    async def approve_status_update(self, info: Info, asked: Message) -> StatusUpdatePayload:
        """Approve."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            key = row_id(asked.status_update_id, "update", "statusUpdateId")
            return await posting.approve(work, actor, key)

        return await _message(info, command)

    @strawberry.mutation(
        description="Send back a message that waits for approval; its words begin the next one."
    )
    async def send_back_status_update(self, info: Info, asked: Message) -> StatusUpdatePayload:
        """Send back."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            key = row_id(asked.status_update_id, "update", "statusUpdateId")
            return await posting.send_back(work, actor, key)

        return await _message(info, command)

    @strawberry.mutation(
        description="Send one copy again that failed, or of which nobody knows whether it arrived."
    )
    async def resend_status_delivery(
        self, info: Info, asked: Annotated[StatusDeliveryRef, INPUT]
    ) -> StatusDeliveryPayload:
        """Resend."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await notices.again(work, actor, row_id(asked.delivery_id, "notice", "deliveryId"))

        outcome = await carry_out(info, None, command)
        return StatusDeliveryPayload(key=outcome.key, user_errors=outcome.errors)

    @strawberry.mutation(
        description="Sign that a word owed to readers may be left out. It is once a commander and the policy"
        " owner, two people, have."
    )
    async def waive_obligation(
        self, info: Info, asked: Annotated[WaiveObligationInput, INPUT]
    ) -> IncidentPayload:
        """Waive."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await waiving.waive(
                work,
                actor,
                asked.number,
                kind=asked.kind,
                reason=asked.reason,
                expected_version=asked.expected_version,
            )

        return await answer(info, asked.number, command)

    @strawberry.mutation(description="Add readers to the register. Needs the scope `admin`.")
    async def add_subscribers(
        self, info: Info, asked: Annotated[AddSubscribersInput, INPUT]
    ) -> SubscribersPayload:
        """Add."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await subscribers.add(work, actor, asked.audience, subscribers.read(asked.list_))

        outcome = await carry_out(info, None, command)
        return SubscribersPayload(added=outcome.key, user_errors=outcome.errors)

    @strawberry.mutation(description="Take a reader off the register. Needs the scope `admin`.")
    async def remove_subscriber(
        self, info: Info, asked: Annotated[SubscriberRef, INPUT]
    ) -> SubscriberPayload:
        """Remove."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            key = row_id(asked.subscriber_id, "subscriber", "subscriberId")
            return await subscribers.remove(work, actor, key)

        outcome = await carry_out(info, None, command)
        return SubscriberPayload(key=outcome.key, user_errors=outcome.errors)
