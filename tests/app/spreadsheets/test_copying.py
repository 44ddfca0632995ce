from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Date, DateTime, Integer, MetaData, Numeric, Select, Table, Text, select
from sqlalchemy import Column as Field

from app.spreadsheets import Column, Kind, Money, Sheet, copy
from app.spreadsheets.copying import _RowEnds
from tests import engines

pytestmark = pytest.mark.anyio

SHEET = Sheet(
    [
        Column("words", Kind.TEXT),
        Column("count", Kind.INTEGER),
        Column("share", Kind.DECIMAL),
        Column("at", Kind.TIME),
        Column("day", Kind.DATE),
        Column("amount", Kind.MONEY),
        Column("more words", Kind.TEXT),
        Column("yes", Kind.BOOLEAN),
    ]
)
HOSTILE = Table(
    "hostile",
    MetaData(),
    Field("number", BigInteger),
    Field("words", Text),
    Field("count", BigInteger),
    Field("share", Numeric),
    Field("at", DateTime(timezone=True)),
    Field("day", Date),
    Field("amount_minor", BigInteger),
    Field("amount_digits", Integer),
    Field("more words", Text),
)
SIGNS = "=+-@\t\r\n'\",;\\.$1 %_＝＋－＠a\u200b\u200e\u2060\ufeff\u3000\u00a0\u00ad\ufffd\x01\x7f"
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.text(
    st.sampled_from(SIGNS), max_size=20
)
BIG = st.integers(-(2**63), 2**63 - 1)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.integers(-9, 9).map(Decimal)
ROWS = st.lists(
    st.tuples(
        TEXTS | st.none(),
        BIG | st.none(),
        DECIMALS | st.none(),
        MOMENTS | st.none(),
        st.dates(date(1, 1, 2), date(9999, 12, 30)) | st.none(),  # the outermost are infinite to asyncpg
        st.builds(Money, BIG, st.integers(0, 6)) | st.none(),
        TEXTS | st.none(),
        st.just(value=True),
    ),
    max_size=8,
)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(engines.plain(database_url))
    columns = "number bigint, words text, count bigint, share numeric, at timestamptz, day date"
    await connection.execute(
        f'CREATE TEMP TABLE hostile ({columns}, amount_minor bigint, amount_digits int, "more words" text)'
    )
    yield connection
    await connection.close()


async def copied(connection: asyncpg.Connection, source: Select[Any]) -> tuple[bytes, int]:
    chunks: list[bytes] = []

    async def keep(chunk: bytes) -> None:
        chunks.append(chunk)

    rows = await copy(connection, SHEET, source, keep)
    return b"".join(chunks), rows


def everything() -> Select[Any]:
    yes = (HOSTILE.c.number > 0).label("yes")
    return select(*HOSTILE.c, yes).order_by(HOSTILE.c.number.desc())


async def fill(connection: asyncpg.Connection, rows: list[Any]) -> None:
    await connection.execute("TRUNCATE hostile")
    flat = [(n, *row[:5], *(row[5] or (None, None)), row[6]) for n, row in enumerate(rows, 1)]
    await connection.copy_records_to_table("hostile", records=flat)


@given(rows=ROWS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_postgresql_writes_the_same_bytes_as_python(
    connection: asyncpg.Connection, rows: list[Any]
) -> None:
    await fill(connection, rows)

    written, count = await copied(connection, everything())

    assert written == b"".join(SHEET.chunks(reversed(rows)))
    assert count == len(rows)


@pytest.mark.parametrize("text", ["a'b", "a\\b", "$1", "a\\'b", "%s", ":x", '"', "a\nb", "ä＝"])
async def test_what_a_filter_asks_for_is_taken_literally(connection: asyncpg.Connection, text: str) -> None:
    await connection.execute("INSERT INTO hostile (number, words) VALUES (1, $1), (2, 'other')", text)
    unless_late = HOSTILE.c.at.is_(None) | (HOSTILE.c.at < datetime(2026, 9, 1, tzinfo=UTC))
    chosen = everything().where(HOSTILE.c.words == text, HOSTILE.c.words.in_([text, "$2"]), unless_late)

    _, count = await copied(connection, chosen)

    assert count == 1


async def test_money_of_a_currency_without_known_digits_fails_rather_than_being_left_out(
    connection: asyncpg.Connection,
) -> None:
    await connection.execute("INSERT INTO hostile (number, amount_minor, amount_digits) VALUES (1, 7, 7)")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await copied(connection, everything())


async def test_a_sheet_needs_no_column_of_text(connection: asyncpg.Connection) -> None:
    await connection.execute("INSERT INTO hostile (number) VALUES (-7)")
    chunks: list[bytes] = []

    async def keep(chunk: bytes) -> None:
        chunks.append(chunk)

    await copy(connection, Sheet([Column("number", Kind.INTEGER)]), select(HOSTILE.c.number), keep)

    assert b"".join(chunks) == b'"number"\r\n-7\r\n'


async def test_many_rows_come_in_chunks(connection: asyncpg.Connection) -> None:
    await connection.execute(
        "INSERT INTO hostile (number, words) SELECT n, repeat(E'=\\n\"', 30) FROM generate_series(1, 20000) n"
    )
    sizes: list[int] = []

    async def measure(chunk: bytes) -> None:
        sizes.append(len(chunk))

    count = await copy(connection, SHEET, everything(), measure)

    assert count == 20_000
    assert max(sizes) < 1_000_000 < sum(sizes)


@given(rows=ROWS, size=st.integers(1, 7))
def test_row_ends_are_put_right_wherever_the_chunks_are_cut(rows: list[Any], size: int) -> None:
    wanted = b"".join(SHEET.line(row) for row in rows)
    sent = b"".join(SHEET.line(row)[:-2] + b"\n" for row in rows)
    ends = _RowEnds()

    assert b"".join(ends.put_right(sent[at : at + size]) for at in range(0, len(sent), size)) == wanted
