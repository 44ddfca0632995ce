import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.outside import reading

ODD: list[Any] = [None, 0, 1.5, True, "", [], {}, [7], "2026-13-01", "9999-12-31T23:59:59-23:59"]


def test_what_is_there_is_read() -> None:
    assert reading.mapping({"a": 1}) == {"a": 1}
    assert reading.objects([{"a": 1}, 7]) == [{"a": 1}]
    assert reading.text("a") == "a"
    assert reading.number(7) == 7
    assert reading.moment("2026-01-31T10:00:00+01:00") == datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.mark.parametrize("value", ODD)
def test_what_is_odd_is_nothing(value: Any) -> None:
    assert not reading.mapping(value)
    assert not reading.objects(value)
    assert reading.moment(value) is None
    assert reading.number("7") is None


def test_a_time_without_a_zone_is_utc() -> None:
    assert reading.moment("2026-01-31T09:00:00") == datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 99_999])
def test_what_is_no_json_is_nothing(body: bytes) -> None:
    assert reading.parsed(body) is None


def test_a_character_that_no_database_text_holds_is_replaced() -> None:
    assert reading.parsed(json.dumps({"a": "x\0y"}).encode()) == {"a": "x\ufffdy"}
