"""Delete what no longer opens anything and nobody needs to see: old sessions, links, requests and tries."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, or_

from app import clock
from app.security import rules, throttle
from app.security.models import HalfSignIn, Session, SignInLink, SignInRequest
from app.storage.unit_of_work import UnitOfWork

# So long a used or expired link still says what became of it, and an ended session can be looked into.
KEPT: Final = timedelta(days=30)
REQUESTS_KEPT: Final = timedelta(hours=1)


async def forget_expired(work: UnitOfWork) -> int:
    """Delete it; answers how many rows. The audit trail keeps who signed in when."""
    old = clock.after(-KEPT)
    ended = func.least(Session.revoked_at, Session.expires_at, Session.last_seen_at + rules.SESSION_IDLE)
    statements = (
        delete(Session).where(ended < old).returning(Session.id),
        delete(SignInLink)
        .where(or_(SignInLink.used_at < old, SignInLink.expires_at < old))
        .returning(SignInLink.id),
        delete(HalfSignIn).where(HalfSignIn.expires_at < clock.now()).returning(HalfSignIn.id),
        delete(SignInRequest)
        .where(SignInRequest.requested_at < clock.after(-REQUESTS_KEPT))
        .returning(SignInRequest.id),
    )
    rows = [len((await work.session.scalars(one)).all()) for one in statements]
    return sum(rows) + await throttle.forget(work)
