from __future__ import annotations

import asyncio
import time

import pytest
from argon2 import PasswordHasher, extract_parameters

from app.errors import InvalidInput
from app.security import passwords

pytestmark = pytest.mark.anyio

GOOD = [
    "correct pony battery",
    "vier Wörter reichen",
    "x7#kQ2!mZ9@p",
    "8205 4471 9036 22",
    "🦊 in a small house",
]
GUESSED = [
    "short",
    "elevenchars",
    "x" * 257,
    "aaaaaaaaaaaaaa",
    "abababababab",
    "123456789012",
    "210987654321",
    "abcdefghijklm",
    "password1234",
    "PassWord!2024",
    "passwordpassword",
    "P@ssw0rd!2026",
    "opsbook-opsbook",
    "qwertyuiop123",
    "olive@example.com",
    "olive@example.com1",
    "Olive12345678",
]


@pytest.mark.parametrize("password", GOOD)
async def test_a_password_that_nobody_guesses_is_taken_whatever_its_signs(password: str) -> None:
    passwords.demand_strong(password, email="olive@example.com")

    assert await passwords.matches(await passwords.hashed(password), password)


@pytest.mark.parametrize("password", GUESSED)
async def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        passwords.demand_strong(password, email="olive@example.com")

    assert refused.value.path == ("password",)
    assert password not in refused.value.message


def test_the_passwords_that_leaked_most_often_are_refused() -> None:
    leaked = ["1qaz2wsx3edc", "q1w2e3r4t5y6", "sonyericsson", "websolutions", "leavemealone", "LeaveMeAlone"]

    for password in leaked:
        with pytest.raises(InvalidInput, match="Many people use this password"):
            passwords.demand_strong(password, email="olive@example.com")
    assert passwords.LEAKED.stat().st_size == 10_000 * passwords.MARK_BYTES


async def test_a_password_counts_to_its_last_sign_and_none_is_changed() -> None:
    password = "  Straße \N{DROMEDARY CAMEL} " + "long " * 20

    stored = await passwords.hashed(password)

    assert len(password) > 64
    passwords.demand_strong(password, email="olive@example.com")
    for other in (password.strip(), password.casefold(), password[:-1], password[:72]):
        assert not await passwords.matches(stored, other)
    assert await passwords.matches(stored, password)


async def test_the_hash_is_argon2id_with_19_mebibytes_and_two_passes() -> None:
    parameters = extract_parameters(await passwords.hashed(GOOD[0]))

    assert (parameters.type.name, parameters.memory_cost) == ("ID", 19 * 1024)
    assert (parameters.time_cost, parameters.parallelism) == (2, 1)


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$v=19$m=1"])
async def test_no_password_matches_where_none_is_stored(stored: str | None) -> None:
    assert not await passwords.matches(stored, "")
    assert not await passwords.matches(stored, GOOD[0])


async def test_a_hash_with_older_parameters_is_renewed_and_todays_is_kept() -> None:
    older = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(GOOD[0])

    renewed = await passwords.renewed(older, GOOD[0])

    assert renewed is not None
    assert await passwords.matches(renewed, GOOD[0])
    assert await passwords.renewed(renewed, GOOD[0]) is None


async def test_the_loop_goes_on_while_passwords_are_judged() -> None:
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - before)

    ticking = asyncio.create_task(tick())
    await asyncio.gather(*(passwords.matches(None, GOOD[0]) for _ in range(6)))
    ticking.cancel()

    assert longest < 0.2  # six hashes in the loop's own thread would hold it for longer together
