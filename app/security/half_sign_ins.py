"""Sign-ins that wait for the second factor: five minutes, in a cookie of their own, and no session yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select

from app import clock
from app.security import rules
from app.security.keys import digest, new_key
from app.security.models import HalfSignIn
from app.storage.unit_of_work import UnitOfWork

EXPIRED: Final = "This sign-in took too long. Begin again."


@dataclass(frozen=True, slots=True)
class Half:
    """Who has shown the first factor, by what, and where they wanted to go."""

    id: int
    person_id: int
    begun_by: str
    next_path: str


async def begin(work: UnitOfWork, person_id: int, *, begun_by: str, next_path: str) -> str:
    """Note that the first factor was right; answers the key for the cookie, which is kept nowhere."""
    key = new_key()
    work.session.add(
        HalfSignIn(
            token_sha256=digest(key),
            person_id=person_id,
            begun_by=begun_by,
            next_path=rules.own_path(next_path),
            expires_at=clock.after(rules.SECOND_FACTOR_WITHIN),
        )
    )
    await work.session.flush()
    return key


async def find(work: UnitOfWork, key: str) -> Half | None:
    """Look one up; None when it has expired, is done or never was."""
    wanted = (HalfSignIn.token_sha256 == digest(key)) & (HalfSignIn.expires_at > clock.now())
    row = await work.session.scalar(select(HalfSignIn).where(wanted))
    return Half(row.id, row.person_id, row.begun_by, row.next_path) if row else None


async def use_up(work: UnitOfWork, half: Half) -> bool:
    """End it; of two at once, one succeeds."""
    gone = delete(HalfSignIn).where(HalfSignIn.id == half.id).returning(HalfSignIn.id)
    return await work.session.scalar(gone) is not None
