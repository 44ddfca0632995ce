"""Slow down guessing: tries are counted in PostgreSQL per account and per address, and each failure past
the free ones doubles the wait. A try counts as failed before it is judged: many at once gain nothing.

An account that is being guessed at stays open to its owner by a sign-in link. Source: OWASP ASVS 5.0, 6.3.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

import structlog
from sqlalchemy import delete, func, select, text, update

from app import clock
from app.errors import LimitExceeded
from app.security import rules
from app.security.keys import digest
from app.security.models import SignInAttempt
from app.storage.unit_of_work import UnitOfWork

log = structlog.get_logger()

KEPT: Final = timedelta(days=1)
LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended(:subject, 0))")


async def admit(work: UnitOfWork, *, purpose: str, account: str, address: str) -> Sequence[int]:
    """Count one try and let it through; answers a ticket for `succeeded`. Commit before judging the try.

    Raises: LimitExceeded with how long to wait, alike for accounts that exist and that do not.
    """
    guarded = {
        f"{purpose} for {digest(account.strip().lower()).hex()}": rules.FREE_TRIES_PER_ACCOUNT,
        f"{purpose} from {_place(address)}": rules.FREE_TRIES_PER_ADDRESS,
    }
    for subject in sorted(guarded):  # one order everywhere, so that two tries never wait for each other
        await work.session.execute(LOCK, {"subject": subject})
    waits = [await _wait(work, subject, free) for subject, free in guarded.items()]
    if any(waits):
        log.warning(
            "tries_refused", purpose=purpose, address=address, seconds=math.ceil(max(waits).total_seconds())
        )
        raise LimitExceeded(_sentence(max(waits)), retry_after=max(waits))
    return [await _count(work, subject) for subject in guarded]


async def succeeded(work: UnitOfWork, ticket: Sequence[int]) -> None:
    """Take the try back: who got in is not guessing. Earlier failures stay counted against the address."""
    account, *others = ticket
    subject = select(SignInAttempt.subject).where(SignInAttempt.id == account).scalar_subquery()
    forgiven = (SignInAttempt.subject == subject) | SignInAttempt.id.in_(others)
    await work.session.execute(update(SignInAttempt).where(forgiven).values(succeeded=True))


async def forget(work: UnitOfWork) -> int:
    """Delete tries that no longer count; answers how many."""
    old = delete(SignInAttempt).where(SignInAttempt.at < clock.after(-KEPT))
    return len((await work.session.scalars(old.returning(SignInAttempt.id))).all())


def _place(address: str) -> str:
    # Whoever has one IPv6 address has the whole /64 that it is in.
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address) or parsed.ipv4_mapped:
        return address
    return str(ip_network((parsed, 64), strict=False))


async def _wait(work: UnitOfWork, subject: str, free: int) -> timedelta:
    failed = select(func.count(), func.max(SignInAttempt.at), clock.now()).where(
        SignInAttempt.subject == subject,
        SignInAttempt.at > clock.after(-rules.TRIES_COUNT_FOR),
        SignInAttempt.succeeded.is_(False),
    )
    row = (await work.session.execute(failed)).one()
    failures: int = row[0]
    last: datetime | None = row[1]
    if last is None:
        return timedelta()
    return max(timedelta(), last + rules.delay_after(failures, free) - row[2])


async def _count(work: UnitOfWork, subject: str) -> int:
    attempt = SignInAttempt(subject=subject, at=clock.now(), succeeded=False)
    work.session.add(attempt)
    await work.session.flush()
    return attempt.id


def _sentence(wait: timedelta) -> str:
    seconds = math.ceil(wait.total_seconds())
    span = f"{seconds} s" if seconds < 90 else f"{math.ceil(seconds / 60)} min"  # noqa: PLR2004
    return f"Too many tries. Wait {span}, then try again, or ask for a sign-in link."
