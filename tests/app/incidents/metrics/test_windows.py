from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.errors import InvalidInput
from app.incidents.metrics import Every, window

NOW = datetime(2026, 11, 2, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def test_it_ends_now_and_is_90_days_long_unless_said_otherwise() -> None:
    found = window(NOW)

    assert (found.begins, found.ends, found.every) == (NOW - 90 * DAY, NOW, Every.WEEK)


@pytest.mark.parametrize(
    ("days", "every"), [(7, Every.DAY), (28, Every.WEEK), (184, Every.WEEK), (365, Every.MONTH)]
)
def test_it_is_cut_so_that_a_chart_can_be_read(days: int, every: Every) -> None:
    assert window(NOW, begins=NOW - days * DAY).every is every


def test_weeks_begin_on_monday_and_end_with_the_window() -> None:
    periods = [*window(NOW, begins=NOW - 9 * DAY, every=Every.WEEK).periods()]

    assert [f"{one.day:%a %d}" for one in periods] == ["Mon 19", "Mon 26", "Mon 02"]
    assert (periods[0].begins, periods[-1].ends) == (NOW - 9 * DAY, NOW)


def test_a_day_of_a_zone_is_as_long_as_its_clock_makes_it() -> None:
    begins = datetime(2026, 10, 24, 22, tzinfo=UTC)

    first, _ = window(NOW, begins=begins, ends=begins + 2 * DAY, zone="Europe/Berlin").periods()

    assert first.ends - first.begins == timedelta(hours=25)


def test_months_follow_each_other() -> None:
    periods = window(NOW, begins=NOW - 365 * DAY, every=Every.MONTH).periods()

    assert [one.day.month for one in periods] == [11, 12, *range(1, 12)]


@pytest.mark.parametrize(
    "given",
    [
        {"begins": NOW},
        {"begins": NOW - 800 * DAY},
        {"begins": NOW - 200 * DAY, "every": Every.DAY},
        {"ends": datetime(1, 1, 1, tzinfo=UTC)},
        {"begins": datetime(1, 1, 1, tzinfo=UTC), "ends": datetime(1, 1, 2, tzinfo=UTC)},
        {"zone": "Nowhere/At all"},
        {"zone": "../etc/passwd"},
    ],
)
def test_what_cannot_be_shown_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        window(NOW, **given)  # type: ignore[arg-type]
