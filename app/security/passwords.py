"""Passwords: what is refused, and argon2id in at most two threads at a time, 19 MiB each.

Beside rules, the 10,000 most frequent leaked passwords of at least twelve characters are refused. Their file
holds the first six bytes of the SHA-256 of each, in small letters and sorted: nobody has to read them. They
are the first such of "10-million-password-list-top-1000000" in SecLists (MIT), by Mark Burnett.
Source: OWASP Password Storage Cheat Sheet; OWASP ASVS 5.0, 6.2 and 11.4.2.
"""

from __future__ import annotations

import asyncio
import hashlib
import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import InvalidInput

SHORTEST: Final = 12
LONGEST: Final = 256
FEWEST_DIFFERENT: Final = 5
LEAKED: Final = Path(__file__).with_name("common-passwords.bin")
MARK_BYTES: Final = 6
# What is left of a bad password once its digits and signs are gone; repeating it makes it no better.
COMMON: Final = frozenset(
    """
    abc abcd admin administrator asdf asdfgh asdfghjkl baseball batman changeme charlie computer correcthorse
    correcthorsebatterystaple default dragon football freedom hello iloveyou incident jordan letmein login
    master michael monkey mustang newpassword operator opsbook pagerduty pass passphrase password passw
    passwort princess qazwsx qwer qwert qwerty qwertyuiop root secret shadow starwars summer sunshine
    superman system temp temporary test trustno unknown user welcome winter zxcvbn zxcvbnm
    abcdefghijkl abcdefghijklm abcdefghijklmnop thisismypassword thisisapassword mypassword
    """.split()  # noqa: SIM905 - words to read, not a column of quotes
)
DISGUISES: Final = str.maketrans("@4301!5$7", "aaeolisst")
SEQUENCES: Final = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz")

Answer = TypeVar("Answer")


def demand_strong(password: str, *, email: str) -> None:
    """Refuse a password that others would guess.

    Raises: InvalidInput, path `password`.
    """
    if len(password) < SHORTEST:
        raise _refused(f"A password has at least {SHORTEST} characters. Three or four words make a good one.")
    if len(password) > LONGEST:
        raise _refused(f"A password has at most {LONGEST} characters.")
    if _is_about(password.casefold(), email.casefold()):
        raise _refused("Your e-mail address is no password. Choose something that others cannot guess.")
    if _is_common(password.casefold()):
        raise _refused("Many people use this password, so it is tried first. Choose another one.")


async def hashed(password: str) -> str:
    """Hash a password for storing; some 30 ms in a thread."""
    return await _in_thread(lambda: _hasher().hash(password))


async def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the stored one. Without a stored one it does the same work and says no."""
    return await _in_thread(lambda: _matches(stored, password[: LONGEST + 1]))


async def renewed(stored: str | None, password: str) -> str | None:
    """Hash a password anew when its stored hash was made with other parameters than today's."""
    if stored is None or not _hasher().check_needs_rehash(stored):
        return None
    return await hashed(password)


def _matches(stored: str | None, password: str) -> bool:
    if stored is None:
        _hasher().hash(password)  # costs what a verification costs: time tells nobody who has an account
        return False
    try:
        return _hasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _is_about(password: str, email: str) -> bool:
    name = _letters(email.partition("@")[0])
    return password in email or email in password or (name != "" and _letters(password) == name)


def _is_common(password: str) -> bool:
    if _mark(password) in _leaked():
        return True
    if len(set(password)) < FEWEST_DIFFERENT or any(password in sequence * 2 for sequence in SEQUENCES):
        return True
    disguised = password.rstrip(string.digits + string.punctuation).translate(DISGUISES)
    return any(_repeats(_letters(text), word) for text in (password, disguised) for word in COMMON)


def _mark(password: str) -> bytes:
    return hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest()[:MARK_BYTES]


@cache
def _leaked() -> frozenset[bytes]:
    marks = LEAKED.read_bytes()
    return frozenset(marks[at : at + MARK_BYTES] for at in range(0, len(marks), MARK_BYTES))


def _repeats(text: str, word: str) -> bool:
    times, rest = divmod(len(text), len(word))
    return times > 0 and rest == 0 and text == word * times


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalpha())


def _refused(message: str) -> InvalidInput:
    return InvalidInput(message, path=("password",))


async def _in_thread(work: Callable[[], Answer]) -> Answer:
    return await asyncio.get_running_loop().run_in_executor(_threads(), work)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
