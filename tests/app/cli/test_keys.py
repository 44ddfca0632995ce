from __future__ import annotations

import asyncio

import pytest

from app.security import second_factor
from app.security.secrets import Keyring
from app.storage.engine import Database
from tests.app.cli.shell import Shell

OLD, NEW = "o" * 32, "n" * 32
SECRET = "JBSWY3DPEHPK3PXP"


async def seal(url: str, keyring: Keyring) -> None:
    database = await Database.open(url)
    async with database.unit_of_work() as work:
        person = await second_factor._locked(work, 1)
        person.second_factor_secret = keyring.seal(second_factor.owner(1), SECRET)
    await database.close()


async def stored(url: str) -> str:
    database = await Database.open(url)
    async with database.reading() as connection:
        found: str = await connection.fetchval("select second_factor_secret from person where id = 1")
    await database.close()
    return found


@pytest.fixture
def furnished(shell: Shell) -> Shell:
    shell.printed("user", "add", "olive@example.com", "--name", "Olive", "--role", "operator")
    asyncio.run(seal(shell.url, Keyring.of([OLD], "k" * 32)))
    return shell


def test_secrets_are_put_under_the_newest_key_once(furnished: Shell) -> None:
    furnished.environ["OPSBOOK_MASTER_KEYS"] = f"{NEW},{OLD}"

    first, second = [furnished.json("keys", "rewrap") for _ in range(2)]

    assert (first, second) == ({"secrets": 1, "rewrapped": 1}, {"secrets": 1, "rewrapped": 0})
    sealed = asyncio.run(stored(furnished.url))
    assert Keyring.of([NEW], "k" * 32).open(second_factor.owner(1), sealed) == SECRET


def test_a_missing_key_is_named_and_nothing_is_changed(furnished: Shell) -> None:
    furnished.environ["OPSBOOK_MASTER_KEYS"] = NEW
    before = asyncio.run(stored(furnished.url))

    result = furnished.type("keys", "rewrap")

    assert result.exit_code == 1
    assert "OPSBOOK_MASTER_KEYS" in result.stderr
    assert asyncio.run(stored(furnished.url)) == before


def test_it_says_how_many(shell: Shell) -> None:
    assert shell.printed("keys", "rewrap") == "0 of 0 secrets were put under the newest master key."
