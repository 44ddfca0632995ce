"""What is asked of a message, by whatever way: the input, and the same in the core's words."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.commands.inputs import expected_version, given, number
from api.words import Audience, PublicStatus
from app.incidents.communication.given import Given, Wanted


@strawberry.input(description="A message to an audience. Its text comes from the template unless it has one.")
class StatusUpdateInput:
    """What postStatusUpdate and statusUpdatePreview take."""

    number: int = number()
    audience: Audience = given("Whom it is for.")
    public_status: PublicStatus = given("What it says of where the incident stands.")
    affected: list[str] = given("The parts that do not work, in words for outsiders.")
    summary: str = given("What people notice, in one sentence.")
    details: str | None = given("What is known and what is being done.", default=None)
    advice: str | None = given("What people can do meanwhile.", default=None)
    subject: str | None = given("Instead of the template's subject; may have variables.", default=None)
    text: str | None = given(
        "Instead of the template's text: Markdown, at most 10 000 characters; may have variables.",
        default=None,
    )
    next_update_at: datetime | None = given(
        "When the readers hear again, within a day; 20 minutes from now if absent. RESOLVED promises none.",
        default=None,
    )
    expected_version: int | None = expected_version()


@strawberry.input(description="A message.")
class StatusUpdateRef:
    """Names a message."""

    status_update_id: strawberry.ID = given("Which, as in `update_3`.")


@strawberry.input(description="One copy of a message.")
class StatusDeliveryRef:
    """Names a copy."""

    delivery_id: strawberry.ID = given("Which, as in `notice_3`.")


@strawberry.input(description="A duty to readers that may be left out, and why.")
class WaiveObligationInput:
    """What waiveObligation takes."""

    number: int = number()
    kind: str = given("Which duty, such as `next_update`; of several the one that is due first.")
    reason: str = given("Why it may be left out. It stays to be seen.")
    expected_version: int | None = expected_version()


@strawberry.input(description="Readers to add.")
class AddSubscribersInput:
    """What addSubscribers takes."""

    audience: Audience = given("What they are told.")
    list_: str = given(
        "A line for each: the address and, after a comma, whose it is. All are added or none.", name="list"
    )


@strawberry.input(description="A reader.")
class SubscriberRef:
    """Names a reader."""

    subscriber_id: strawberry.ID = given("Who, as in `subscriber_3`.")


def wanted(asked: StatusUpdateInput) -> Wanted:
    """Put what was asked into the core's words."""
    words = Given(
        affected=asked.affected,
        summary=asked.summary,
        details=asked.details or "",
        advice=asked.advice or "",
    )
    return Wanted(
        audience=asked.audience,
        status=asked.public_status,
        given=words,
        subject=asked.subject,
        text=asked.text,
        next_update_at=asked.next_update_at,
    )
