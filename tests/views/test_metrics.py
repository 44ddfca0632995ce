from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

import pytest
from starlette.datastructures import QueryParams

from tests.views.metrics import WINDOW, group
from tests.views.samples import frame
from views.incidents import figures
from views.incidents.metrics import SHEET, Asked, _rows, address

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("given", "query"),
    [
        ("", ""),
        ("days=90", ""),
        ("days=7&every=DAY", "?days=7&every=DAY"),
        ("days=7&from=2026-11-01", "?from=2026-11-01"),
        ("days=4711&from=yesterday&every=YEAR&severity=S9", ""),
        ("severity=S1&source=prometheus", "?severity=S1&source=prometheus"),
    ],
)
def test_the_whole_state_stands_in_the_address(given: str, query: str) -> None:
    assert Asked.read(QueryParams(given)).query() == query


def test_the_last_day_is_part_of_the_window() -> None:
    given = Asked.read(QueryParams("from=2026-11-01&to=2026-11-02")).variables(frame(zone=UTC))

    assert (given["from"], given["to"]) == ("2026-11-01T00:00:00+00:00", "2026-11-03T00:00:00+00:00")


def test_a_date_at_the_end_of_the_calendar_is_left_out() -> None:
    assert Asked.read(QueryParams("to=9999-12-31")).variables(frame())["to"] is None


def test_a_figure_opens_its_incidents() -> None:
    one = group(1, 0, 3, 1)

    href = address(one, Asked(severity="S1"))

    assert href == f"/incidents?from={one['begins']}&to={one['ends']}&severity=S1".replace("+", "%2B")


def test_bars_stand_where_they_can_be_pressed() -> None:
    one = figures.pictures(WINDOW, frame().zone, lambda group: group["begins"])[2]

    assert one.drawing.count("M") >= 2 * 13
    assert one.strips.count("<a ") == 13
    assert 'x="0.0"' in one.strips
    assert "before 2" in one.drawing


def test_the_file_has_a_row_for_each_group_and_window() -> None:
    text = b"".join(SHEET.chunks(_rows(WINDOW, UTC))).decode()

    rows = [*csv.DictReader(io.StringIO(text))]

    assert len(rows) == 2 * (1 + 2 + 2 + 13)
    assert [(rows[at]["window"], rows[at]["incidents"]) for at in (0, 1)] == [("now", "42"), ("before", "36")]
    assert rows[0]["begins"] == rows[1]["ends"]
    assert rows[0]["secondsToFirstAck median"] == "90.000"
