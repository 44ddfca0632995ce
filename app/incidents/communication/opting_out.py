"""The way out of a list: a signed link in every letter, which needs no sign-in and never expires in practice.

Opening it changes nothing, since mail scanners open links; its button does, and so does the one press that
mail programs offer. Source: RFC 8058, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.audit import trail
from app.errors import NotFound
from app.incidents.models import Notice, Subscriber
from app.security import signing
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork

PURPOSE = "opting-out"
VALID_FOR = timedelta(days=3650)
# For the reader to look at, and for mail programs to press.
PAGE, PRESS = "/unsubscribe/", "/hooks/unsubscribe/"
READER = Actor("link", None, "A reader (link)")


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a link is about."""

    email: str
    is_out: bool


def token_of(secret_key: str, notice: Notice) -> str | None:
    """Sign the way out for the reader of a notice; None for whom is not on the register."""
    if notice.subscriber_id is None:
        return None
    content = {"subscriber": notice.subscriber_id}
    return signing.sign(secret_key, PURPOSE, content, expires_at=notice.queued_at + VALID_FOR)


async def look(work: UnitOfWork, secret_key: str, token: str) -> Subscription:
    """Say whom a link would take off the list, without doing it.

    Raises: Unauthenticated when it is not ours or not whole; NotFound.
    """
    found = await _subscriber(work, secret_key, token)
    return Subscription(found.email, found.opted_out_at is not None)


async def opt_out(work: UnitOfWork, secret_key: str, token: str) -> Subscription:
    """Take the reader off the list; once more changes nothing.

    Raises: as `look` does.
    """
    found = await _subscriber(work, secret_key, token)
    if found.opted_out_at is None:
        found.opted_out_at = await work.now()
        await trail.record(work, READER, "subscriber.opt_out", ("subscriber", found.id))
        work.announce("settings")
    return Subscription(found.email, True)


async def _subscriber(work: UnitOfWork, secret_key: str, token: str) -> Subscriber:
    signed = signing.verify(secret_key, PURPOSE, token, now=await work.now())
    found = await work.session.get(Subscriber, signed["subscriber"], with_for_update=True)
    if found is None:
        raise NotFound("This address is on no list of ours.")
    return found
