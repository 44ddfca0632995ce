from __future__ import annotations

import asyncio
import json
import re

import pytest
from click.testing import CliRunner

from app.cli import main
from app.security import links, tokens
from app.security.links import LinkState
from app.security.permissions import Actor
from app.storage.engine import Database
from tests.app.cli.shell import Shell


@pytest.fixture
def olive(shell: Shell) -> str:
    shell.printed("user", "add", "olive@example.com", "--name", "Olive", "--role", "operator")
    return "olive@example.com"


async def state_of(url: str, key: str) -> LinkState:
    database = await Database.open(url)
    try:
        return await links.look(database, key)
    finally:
        await database.close()


async def holder_of(url: str, token: str) -> Actor | None:
    database = await Database.open(url)
    try:
        return await tokens.authenticate(database, token)
    finally:
        await database.close()


def test_a_person_is_added_and_listed(shell: Shell, olive: str) -> None:
    (listed,) = json.loads(shell.printed("user", "list", "--json"))

    assert listed == {"id": 1, "email": olive, "name": "Olive", "roles": ["operator"], "deactivated": None}
    assert re.search(
        r"^1 +olive@example.com +Olive +operator +-$", shell.printed("user", "list"), re.MULTILINE
    )


def test_a_link_is_printed_that_signs_in(shell: Shell, olive: str) -> None:
    address = shell.printed("user", "link", olive)
    as_json = json.loads(shell.printed("user", "link", olive, "--json"))

    match = re.fullmatch(r"https://ops\.example/sign-in/link\?key=([\w-]{43})", address)
    assert match
    assert asyncio.run(state_of(shell.url, match[1])) is LinkState.GOOD
    assert as_json["url"] != address


def test_a_token_is_printed_once_works_and_is_revoked(shell: Shell) -> None:
    made = json.loads(shell.printed("token", "create", "grafana", "--scope", "incidents:read", "--json"))
    (listed,) = json.loads(shell.printed("token", "list", "--json"))
    holder = asyncio.run(holder_of(shell.url, made["token"]))
    shell.printed("token", "revoke", str(made["id"]))

    assert set(made) == {"id", "token"}
    assert holder is not None
    assert holder.name == "grafana"
    assert made["token"] not in str(listed)
    assert made["token"].startswith(listed["prefix"])
    assert shell.printed("token", "list", "--json") == "[]"


def test_a_token_may_expire_and_be_bound_to_an_integration(shell: Shell) -> None:
    bound = ("--scope", "integrations:read", "--integration", "acme-pay", "--expires", "90d")

    made = shell.printed("token", "create", "acme", *bound)

    assert re.fullmatch(r"ops_[0-9A-Za-z]{57}", made)
    assert re.search(
        r"acme +ops_\w{8} +integrations:read +acme-pay +never +\d{4}-", shell.printed("token", "list")
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["user", "add", "olive@example.com", "--name", "Olive"], "already has an account"),
        (["user", "add", "olive", "--name", "Olive"], "no e-mail address"),
        (["user", "link", "stranger@example.com"], "opsbook user add"),
        (["token", "revoke", "99"], "no such token"),
        (["token", "create", "x", "--scope", "admin", "--integration", "a"], "one integration"),
    ],
)
@pytest.mark.usefixtures("olive")
def test_what_fails_says_so_in_one_sentence_and_exits_with_1(
    shell: Shell, words: list[str], says: str
) -> None:
    result = shell.type(*words)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["user", "add", "a@b.c", "--name", "A", "--role", "king"],
        ["user", "add", "a@b.c"],
        ["token", "create", "x"],
        ["token", "create", "x", "--scope", "incidents:command"],
        ["token", "create", "x", "--scope", "admin", "--expires", "soon"],
        ["token", "revoke", "three"],
    ],
)
def test_misuse_exits_with_2_before_anything_is_opened(words: list[str]) -> None:
    assert CliRunner().invoke(main, words).exit_code == 2


@pytest.mark.parametrize(
    "words", ["user add", "user link", "user list", "token create", "token list", "token revoke"]
)
def test_each_command_helps_with_two_examples(words: str) -> None:
    helped = CliRunner().invoke(main, [*words.split(), "--help"])

    assert helped.exit_code == 0
    assert helped.output.count(f"opsbook {words}") >= 2


def test_a_person_is_known_in_slack_and_forgotten_there(shell: Shell, olive: str) -> None:
    known = shell.printed("user", "slack", olive, "u0olive", "--json")
    forgotten = shell.printed("user", "slack", olive)

    assert json.loads(known) == {"email": olive, "slackId": "U0OLIVE"}
    assert "nobody in Slack any more" in forgotten
