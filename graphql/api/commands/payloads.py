"""What a command answers: the object as it stands afterwards, read by plan, and why it was refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import strawberry
from sqlalchemy import BigInteger

from api.calls import Call
from api.incidents.communication import NOTICE, SUBSCRIBER, UPDATE, StatusDelivery, StatusUpdate, Subscriber
from api.incidents.types import INCIDENT, Incident
from api.people import PERSON, SESSION, TOKEN, ApiToken, Person, Session
from api.plan import one
from api.plan.compiler import split_id
from api.plan.inputs import Hole
from api.sources import SOURCE, AlertSource
from api.trends import STREAM, ActivityStream
from api.words import ErrorCode
from app.errors import Forbidden, InvalidInput, OpsbookError, Unauthenticated
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork

Info = strawberry.Info[Call]
KEY = Hole(BigInteger(), lambda inputs: inputs.given["key"])
ERRORS = "Why it was refused; empty when it was done."
AFTERWARDS = "As it stands afterwards; null when there is none, or none for you."
CODES = frozenset(ErrorCode)


@strawberry.type(description="Why a command was refused. Nothing was changed.")
class UserError:
    """A foreseen refusal."""

    code: ErrorCode = strawberry.field(description="What kind of refusal, for programs.")
    message: str = strawberry.field(description="The same for people, with what to do.")
    path: list[str] | None = strawberry.field(description="The argument that is wrong, from the root.")


@dataclass
class Outcome:
    """What a command left behind. `key` is the row that it concerned, `secret` what is shown only now."""

    key: int | None
    errors: list[UserError]
    secret: str | None = None


@strawberry.type(description="What became of an incident.")
class IncidentPayload:
    """The answer of commands on incidents."""

    key: strawberry.Private[int | None]
    incident: Incident | None = one(INCIDENT.id == KEY, AFTERWARDS)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What became of a message.")
class StatusUpdatePayload:
    """The answer of commands on messages."""

    key: strawberry.Private[int | None]
    status_update: StatusUpdate | None = one(UPDATE.id == KEY, AFTERWARDS)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What became of one copy of a message.")
class StatusDeliveryPayload:
    """The answer of resendStatusDelivery."""

    key: strawberry.Private[int | None]
    delivery: StatusDelivery | None = one(NOTICE.id == KEY, AFTERWARDS)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What became of readers.")
class SubscribersPayload:
    """The answer of addSubscribers."""

    added: int | None = strawberry.field(description="How many of them are new; null when it was refused.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What became of a reader.")
class SubscriberPayload:
    """The answer of removeSubscriber."""

    key: strawberry.Private[int | None]
    subscriber: Subscriber | None = one(SUBSCRIBER.id == KEY, AFTERWARDS)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What became of a person's account.")
class PersonPayload:
    """The answer of commands on people."""

    key: strawberry.Private[int | None]
    person: Person | None = one(PERSON.id == KEY, AFTERWARDS)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="A link that signs one person in, once.")
class SignInLinkPayload:
    """The answer of createSignInLink."""

    url: str | None = strawberry.field(description="Hand it to the person alone. It is shown only now.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What became of a session.")
class SessionPayload:
    """The answer of endSession."""

    key: strawberry.Private[int | None]
    session: Session | None = one(SESSION.id == KEY, "The session; null when it is not yours.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What became of an alert source.")
class SourcePayload:
    """The answer of commands on sources."""

    key: strawberry.Private[int | None]
    source: AlertSource | None = one(SOURCE.id == KEY, AFTERWARDS)
    secret: str | None = strawberry.field(description="A new source's key. It is shown only now.")
    example: str | None = strawberry.field(
        description="What to give the sender, with the key in it. It is shown only now."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What became of a stream of the activity feed.")
class StreamPayload:
    """The answer of changeStream."""

    key: strawberry.Private[int | None]
    activity_stream: ActivityStream | None = one(STREAM.id == KEY, AFTERWARDS)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What became of an API token.")
class TokenPayload:
    """The answer of commands on tokens."""

    key: strawberry.Private[int | None]
    api_token: ApiToken | None = one(TOKEN.id == KEY, AFTERWARDS)
    secret: str | None = strawberry.field(description="A new token itself. It is shown only now.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


Command = Callable[[UnitOfWork, Actor], Awaitable[Any]]


async def carry_out(info: Info, key: int | None, command: Command) -> Outcome:
    """Run a command in a unit of work of its own; what the core foresaw becomes a user error.

    A command that leaves something behind although it came too late returns its error instead of raising it.
    Raises: OpsbookError that is nobody's choice, such as Unavailable.
    """
    context = info.context.context
    try:
        async with context.database.unit_of_work() as work:
            found = await command(work, context.actor)
    except Unauthenticated as error:  # a token did what only a person may
        found = Forbidden(error.message)
    except OpsbookError as error:
        if error.code not in CODES:
            raise
        found = error
    return _outcome(key, found)


def _outcome(key: int | None, found: Any) -> Outcome:
    if isinstance(found, OpsbookError):
        return Outcome(key, [_user_error(found)])
    if isinstance(found, tuple):
        return Outcome(found[0], [], found[1])
    return Outcome(found if isinstance(found, int) else key, [])


def row_id(text: str, prefix: str, name: str) -> int:
    """The row that an id of an input names.

    Raises: InvalidInput, naming the field.
    """
    found, number = split_id(text)
    if found != prefix or number is None:
        raise InvalidInput(f"This is no id of a {prefix}, as in {prefix}_3.", path=(name,))
    return number


def _user_error(error: OpsbookError) -> UserError:
    path = ["input", *error.path] if error.path else None
    return UserError(code=ErrorCode(error.code), message=error.message, path=path)
