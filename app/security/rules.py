"""How long doors stay open and how fast they close: the numbers and small decisions of signing in, pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from app.errors import InvalidInput

SESSION_IDLE: Final = timedelta(hours=12)
SESSION_LONGEST: Final = timedelta(days=30)
# A last use is written down at most this often: a busy page must not be a write per request.
SEEN_EVERY: Final = timedelta(minutes=1)

# Whoever came by mailed link may set a password without the old one for so long: so one is replaced that
# was forgotten. A second factor is asked for before. Source: OWASP ASVS 5.0, 6.4.3 and 7.5.1
FRESH: Final = timedelta(minutes=15)
SECOND_FACTOR_WITHIN: Final = timedelta(minutes=5)

LINK_LIFETIME: Final = timedelta(minutes=10)  # Source: OWASP ASVS 5.0, 6.5.5
LINK_LIFETIME_BY_HAND: Final = timedelta(hours=24)

# Source: OWASP ASVS 5.0, 6.3.1. An account is guarded closely; an address may be a whole office.
FREE_TRIES_PER_ACCOUNT: Final = 5
FREE_TRIES_PER_ADDRESS: Final = 25
TRIES_COUNT_FOR: Final = timedelta(hours=1)
LONGEST_DELAY: Final = timedelta(minutes=15)

EMAIL_LENGTH: Final = 254  # Source: RFC 5321, section 4.5.3.1.3
NAME_LENGTH: Final = 200
PATH_LENGTH: Final = 2000

_EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@<>\"(),:;\\\[\]]+")
_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")


def delay_after(failures: int, free: int) -> timedelta:
    """How long to wait after so many failures: nothing at first, then 1, 2, 4 … s, at most 15 min."""
    if failures < free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - free, 20)), LONGEST_DELAY)


def is_email(text: str) -> bool:
    """Whether a text can be an address; only a mail that arrives proves one."""
    return len(text) <= EMAIL_LENGTH and _EMAIL.fullmatch(text) is not None


def own_path(text: str | None) -> str:
    """Keep a path of this site to go to after signing in; anything that leads elsewhere becomes `/`."""
    if text is None or len(text) > PATH_LENGTH or _PATH.fullmatch(text) is None:
        return "/"
    return text


def clean_name(text: str) -> str:
    """Take a name with single spaces.

    Raises: InvalidInput, path `name`.
    """
    name = " ".join(text.split())
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        raise InvalidInput(f"A name has 1 to {NAME_LENGTH} characters that can be printed.", path=("name",))
    return name
