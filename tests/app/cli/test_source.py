from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from app.errors import Unauthenticated
from app.incidents import sources
from app.storage.engine import Database
from tests.app.cli.shell import Shell


async def is_known(url: str, key: str, sends: str) -> bool:
    database = await Database.open(url)
    try:
        async with database.unit_of_work() as work:
            sources.authenticate(await sources.of_keys(work, [key]), key, sends=sends)
    except Unauthenticated:
        return False
    finally:
        await database.close()
    return True


@pytest.mark.parametrize(
    ("sends", "url"),
    [
        ("alertmanager", "https://ops.example/ingest/alertmanager/prometheus"),
        ("pagerduty", "https://ops.example/v2/enqueue"),
    ],
)
def test_a_source_is_made_with_its_address_and_a_key_that_opens(shell: Shell, sends: str, url: str) -> None:
    made = shell.json("source", "add", "prometheus", "--format", sends)

    assert made == {"id": 1, "url": url, "key": made["key"]}
    assert re.fullmatch("[0-9a-f]{32}", made["key"])
    assert asyncio.run(is_known(shell.url, made["key"], sends))


def test_people_read_the_same(shell: Shell) -> None:
    said = shell.printed("source", "add", "legacy", "--format", "pagerduty")

    assert re.fullmatch(
        r"URL  https://ops.example/v2/enqueue\nKey  ([0-9a-f]{32})\n\ncurl .*\1.*", said, re.DOTALL
    )


def test_sources_are_listed_without_their_keys(shell: Shell) -> None:
    key = shell.json("source", "add", "prometheus", "--format", "alertmanager")["key"]

    (listed,) = shell.json("source", "list")

    assert listed == {
        "id": 1,
        "name": "prometheus",
        "format": "alertmanager",
        "url": "https://ops.example/ingest/alertmanager/prometheus",
        "last_seen": "never",
        "revoked": None,
    }
    assert key not in shell.printed("source", "list")


def test_a_revoked_key_opens_nothing(shell: Shell) -> None:
    key = shell.json("source", "add", "prometheus", "--format", "alertmanager")["key"]

    shell.printed("source", "revoke", "prometheus")

    assert not asyncio.run(is_known(shell.url, key, "alertmanager"))
    assert shell.json("source", "list")[0]["revoked"] is not None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["source", "add", "prometheus", "--format", "alertmanager"], "already"),
        (["source", "add", "Not A Name", "--format", "alertmanager"], "small letters"),
        (["source", "revoke", "stranger"], "opsbook source list"),
    ],
)
def test_what_fails_is_one_sentence(shell: Shell, words: list[str], says: str) -> None:
    shell.printed("source", "add", "prometheus", "--format", "alertmanager")

    result = shell.type(*words)

    assert (result.exit_code, result.stdout) == (1, "")
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["add", "x"], ["add", "x", "--format", "fax"], ["add"], ["revoke"]])
def test_misuse_exits_with_2(words: list[str]) -> None:
    assert CliRunner().invoke(main, ["source", *words]).exit_code == 2


@pytest.mark.parametrize(
    "words", ["source", "source add", "source list", "source map", "source heartbeat", "source revoke"]
)
def test_each_command_helps_with_two_examples(words: str) -> None:
    assert CliRunner().invoke(main, [*words.split(), "--help"]).output.count("opsbook source") >= 2


def test_a_mapping_is_tried_before_it_is_kept(shell: Shell, tmp_path: Path) -> None:
    shell.json("source", "add", "shop", "--format", "json")
    mapping, example = tmp_path / "mapping.json", tmp_path / "body.json"
    mapping.write_text('{"summary": "name", "dedup_key": "uid"}')
    example.write_text('{"name": "The disk is full", "uid": 7}')
    words = ["source", "map", "shop", "--mapping", str(mapping), "--example", str(example)]

    tried, kept = shell.json(*words, "--dry-run"), shell.json(*words)

    assert tried == kept
    assert kept == [{"action": "trigger", "key": "7", "severity": "error", "summary": "The disk is full"}]


def test_a_mapping_that_cannot_read_its_example_is_refused_in_a_sentence(
    shell: Shell, tmp_path: Path
) -> None:
    mapping, example = tmp_path / "mapping.json", tmp_path / "body.json"
    mapping.write_text('{"summary": "name", "dedup_key": "uid"}')
    example.write_text('{"name": "The disk is full"}')

    result = shell.type("source", "map", "shop", "--mapping", str(mapping), "--example", str(example))

    assert (result.exit_code, "uid" in result.stderr) == (1, True)


def test_a_heartbeat_is_given_its_rhythm(shell: Shell) -> None:
    shell.json("source", "add", "nightly-backup", "--format", "heartbeat")

    said = shell.printed("source", "heartbeat", "nightly-backup", "--every", "86400", "--scope", "platform")
    refused = shell.type("source", "heartbeat", "nightly-backup", "--every", "60", "--scope", "world")

    assert said == "nightly-backup is due every 86,400 seconds, 30 of grace."
    assert (refused.exit_code, "platform, monetisation or feature" in refused.stderr) == (1, True)
