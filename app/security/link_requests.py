"""Mail sign-in links to those who ask. Whoever asks gets the same answer at the same speed, account or not:
asking writes a row, and a worker looks for the person, makes the link and mails it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import structlog
from sqlalchemy import delete

from app import clock
from app.errors import InvalidInput
from app.outside import mail
from app.security import links, people, rules, throttle
from app.security.models import SignInRequest
from app.settings import Settings
from app.storage import outbox
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork

log = structlog.get_logger()

LEASE: Final = mail.TIMEOUT + timedelta(seconds=15)
AT_ONCE: Final = 10
TRIES: Final = 5

TEXT: Final = """\
Sign in to Opsbook here:

{url}

The link works once, for {minutes} minutes. If you did not ask for it, you need do nothing: without it
nobody gets in.
"""


async def request_link(work: UnitOfWork, *, email: str, next_path: str | None, address: str) -> None:
    """Ask for a link by mail, from the network address `address`. Depends on no account in any way.

    Raises: InvalidInput when it can be no e-mail address; LimitExceeded when asked too often.
    """
    if not rules.is_email(email.strip()):
        raise InvalidInput("Write your e-mail address as in olive@example.com.", path=("email",))
    await throttle.admit(work, purpose="link", account=email, address=address)
    asked = SignInRequest(
        email=email.strip(),
        next_path=rules.own_path(next_path),
        requested_at=clock.now(),
        due_at=clock.now(),
        attempts=0,
    )
    work.session.add(asked)
    await work.session.flush()
    work.wake("general")


async def send_requested(database: Database, settings: Settings) -> int:
    """Mail the links that were asked for; answers how many requests were dealt with.

    A mail that the relay does not take is tried again, with a new link, when its lease has run out.
    """
    async with database.unit_of_work() as work:
        due = await outbox.claim(work.session, SignInRequest, lease=LEASE, limit=AT_ONCE)
    settled = await asyncio.gather(*(_send(database, settings, request) for request in due))
    return sum(settled)


async def _send(database: Database, settings: Settings, request: SignInRequest) -> bool:
    letter = await _letter(database, settings, request)
    if letter is not None and not await _mailed(settings, request, letter) and request.attempts < TRIES:
        return False
    async with database.unit_of_work() as work:
        ours = SignInRequest.lease_token == request.lease_token
        await work.session.execute(delete(SignInRequest).where(SignInRequest.id == request.id, ours))
    return True


async def _letter(database: Database, settings: Settings, request: SignInRequest) -> mail.Mail | None:
    async with database.unit_of_work() as work:
        person = await people.by_email(work.session, request.email)
        if person is None:
            return None
        lifetime = rules.LINK_LIFETIME
        key = await links.create(work, person.id, next_path=request.next_path, lifetime=lifetime)
    text = TEXT.format(url=links.url(settings.base_url, key), minutes=int(lifetime.total_seconds() // 60))
    # To the address on record, never to the one that was typed: two may differ and still compare equal.
    return mail.Mail(person.email, "Sign in to Opsbook", text, _message_id(settings, request))


async def _mailed(settings: Settings, request: SignInRequest, letter: mail.Mail) -> bool:
    if settings.smtp_url is None:
        log.warning("sign_in_link_not_mailed", remedy="Set OPSBOOK_SMTP_URL, or use `opsbook user link`.")
        return True  # asking again later would only make more links that nobody gets
    sent = await mail.send(settings.smtp_url, settings.mail_from, letter)
    if isinstance(sent, mail.Accepted):
        return True
    log.warning("sign_in_link_not_mailed", request=request.id, kind=sent.kind, attempt=request.attempts)
    return sent.permanent


def _message_id(settings: Settings, request: SignInRequest) -> str:
    host = (urlsplit(settings.base_url).hostname or "opsbook").replace(":", "-")
    # Each attempt carries a link of its own, so it is a letter of its own.
    return f"sign-in-{request.id}-{request.attempts}@{host}"
