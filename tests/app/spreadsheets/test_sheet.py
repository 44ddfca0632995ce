from __future__ import annotations

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.spreadsheets import Column, Kind, Money, Sheet
from app.spreadsheets.guard import guarded

SHEET = Sheet(
    [
        Column("id", Kind.TEXT),
        Column("amount", Kind.MONEY),
        Column("paid", Kind.BOOLEAN),
        Column("note", Kind.TEXT),
    ]
)
HOSTILE = st.text(st.sampled_from("=+-@\t\r\n\0'\",;\\. ＝a\u200b\ufeff\ud800"))
TEXTS = st.text() | HOSTILE
ROWS = st.lists(st.tuples(TEXTS, st.builds(Money, st.integers(), st.integers(0, 4)), st.booleans(), TEXTS))


def test_a_file_has_a_header_and_ends_every_row() -> None:
    written = b"".join(SHEET.chunks([("-1", Money(-150, 2), True, None), ("b", None, None, "")]))

    assert written.decode().split("\r\n") == [
        '"id","amount","amount_minor","paid","note"',
        '"\'-1",-1.50,-150,true,',
        '"b",,,,""',
        "",
    ]


def test_a_mark_tells_excel_the_encoding() -> None:
    assert next(SHEET.chunks([], mark=True)).startswith(b'\xef\xbb\xbf"id",')


@given(ROWS)
def test_a_reader_reads_what_was_written(rows: list[tuple[str, Money, bool, str]]) -> None:
    written = b"".join(SHEET.chunks(rows)).decode()

    read = list(csv.reader(io.StringIO(written, newline=""), strict=True))

    assert [line[0] for line in read[1:]] == [guarded(clean(row[0])) for row in rows]
    assert [line[4] for line in read[1:]] == [guarded(clean(row[3])) for row in rows]
    assert [int(line[2]) for line in read[1:]] == [row[1].minor for row in rows]


def clean(text: str) -> str:
    return "".join("\ufffd" if one == "\0" or "\ud800" <= one <= "\udfff" else one for one in text)


def test_a_row_with_a_value_too_few_is_a_defect() -> None:
    with pytest.raises(ValueError, match="shorter"):
        SHEET.line(["a"])


def test_many_rows_take_no_more_memory_than_few() -> None:
    row = ("id", Money(150, 2), True, "x" * 100)
    tracemalloc.start()

    size = sum(len(chunk) for chunk in SHEET.chunks(row for _ in range(20_000)))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 2_400_000
    assert peak < 500_000
