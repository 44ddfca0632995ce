from __future__ import annotations

import asyncio

import asyncpg

from tests.app.cli.shell import Shell
from tests.engines import plain

EVENT = """
    insert into activity_event (stream, kind, summary, occurred_at, recorded_at, payload, value)
    values ('checkout', 'paid', 'Paid', clock_timestamp() - interval '2 minutes', clock_timestamp(), '{}', 10)
"""
STREAM = "insert into activity_stream (name, first_at) values ('checkout', clock_timestamp())"


def run(shell: Shell, *statements: str) -> None:
    async def go() -> None:
        connection = await asyncpg.connect(plain(shell.url))
        for one in statements:
            await connection.execute(one)
        await connection.close()

    asyncio.run(go())


def test_the_states_of_all_streams_are_listed(shell: Shell) -> None:
    run(shell, STREAM, EVENT)

    printed = shell.printed("trends").splitlines()
    (line,) = shell.json("trends", "--stream", "checkout")

    assert printed[0].split()[:2] == ["STREAM", "STATE"]
    assert printed[1].split()[:2] == ["checkout", "learning"]
    assert (line["stream"], line["state"], line["value"], line["ratio"]) == (
        "checkout",
        "learning",
        2.0,
        None,
    )


def test_a_stream_that_is_not_there_is_named(shell: Shell) -> None:
    result = shell.type("trends", "--stream", "nothing")

    assert result.exit_code == 1
    assert "There is no stream 'nothing'" in result.stderr


def test_the_counts_are_checked_against_the_feed(shell: Shell) -> None:
    run(shell, STREAM, EVENT)
    assert "counted as it says" in shell.printed("trends", "--check")
    run(shell, "update activity_delta set value = 11")

    result = shell.type("trends", "--check")
    as_json = shell.type("trends", "--check", "--json")

    assert result.exit_code == as_json.exit_code == 1
    assert result.stdout.split()[4:][0] == "checkout"
    assert '"told": 10.0, "counted": 11.0' in as_json.stdout
