from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.spreadsheets import Column, Kind, Money
from app.spreadsheets.cells import cells
from app.spreadsheets.guard import guarded

TRIGGERS = [*"=+-@\t\r\n＝＋－＠", "\x0b", "\x1f", "\x7f", "\x01"]
LOOKED_THROUGH = [
    "",
    " ",
    "   ",
    '"',
    "'",
    "''",
    "\u00a0",
    "\u3000",
    "\ufeff",
    "\u200b",
    "\u200e",
    "\u202e",
    "\u2060",
]


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("before", LOOKED_THROUGH)
def test_what_a_spreadsheet_would_calculate_is_marked(before: str, trigger: str) -> None:
    text = f"{before}{trigger}1+1|cmd"

    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "a=1", "1-1", "5 @ 3", "'tis", '"quoted"', " a", "a\n=1", "Ünïcode", "1E5"]
)
def test_other_text_is_left_alone(text: str) -> None:
    assert guarded(text) == text


@given(st.text(), st.text())
def test_no_two_texts_become_the_same(one: str, other: str) -> None:
    marked = [guarded(text) for text in (one, f"'{one}", other)]

    assert len(set(marked)) == len({one, f"'{one}", other})


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (Kind.TEXT, "a", ['"a"']),
        (Kind.TEXT, "", ['""']),
        (Kind.TEXT, '=1+2";=1+2', ['"\'=1+2"";=1+2"']),
        (Kind.TEXT, "a\r\nb,\n", ['"a\r\nb,\n"']),
        (Kind.TEXT, "\0=1", ['"\'\ufffd=1"']),
        (Kind.TEXT, "a\0\ud800", ['"a\ufffd\ufffd"']),
        (Kind.TEXT, Kind.MONEY, ['"money"']),
        (Kind.INTEGER, -7, ["-7"]),
        (Kind.DECIMAL, Decimal("-7.50"), ["-7.50"]),
        (Kind.DECIMAL, Decimal("1E+3"), ["1000"]),
        (Kind.DECIMAL, Decimal("-0.00"), ["0.00"]),
        (Kind.TIME, datetime(2026, 9, 1, 14, 5, 9, 999_999, tzinfo=UTC), ["2026-09-01T14:05:09Z"]),
        (Kind.TIME, datetime(2026, 9, 1, 1, tzinfo=timezone(timedelta(hours=2))), ["2026-08-31T23:00:00Z"]),
        (Kind.DATE, date(2026, 9, 1), ["2026-09-01"]),
        (Kind.BOOLEAN, True, ["true"]),
        (Kind.BOOLEAN, False, ["false"]),
        (Kind.MONEY, Money(-7_000, 2), ["-70.00", "-7000"]),
        (Kind.MONEY, Money(5, 3), ["0.005", "5"]),
        (Kind.MONEY, Money(-5, 0), ["-5", "-5"]),
        (Kind.MONEY, Money(2**63, 2), ["92233720368547758.08", "9223372036854775808"]),
        (Kind.MONEY, None, ["", ""]),
        (Kind.TEXT, None, [""]),
    ],
)
def test_a_cell_is_written_by_its_column(kind: Kind, value: object, written: list[str]) -> None:
    assert cells(Column("amount", kind), value) == written


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.TEXT, 1),
        (Kind.INTEGER, "-1"),
        (Kind.INTEGER, True),
        (Kind.INTEGER, 1.5),
        (Kind.DECIMAL, 1.5),
        (Kind.DECIMAL, 1),
        (Kind.DATE, datetime(2026, 9, 1, tzinfo=UTC)),
        (Kind.TIME, date(2026, 9, 1)),
        (Kind.TIME, datetime(2026, 9, 1)),  # noqa: DTZ001 - on purpose
        (Kind.MONEY, 7),
        (Kind.MONEY, (7, 2)),
        (Kind.MONEY, Money(7, -1)),
        (Kind.MONEY, Money(7, 7)),
        (Kind.BOOLEAN, 1),
    ],
)
def test_a_value_of_another_kind_is_a_defect(kind: Kind, value: object) -> None:
    with pytest.raises(TypeError):
        cells(Column("amount", kind), value)
