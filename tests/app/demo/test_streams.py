from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median

import pytest

from app.demo.history import streams
from app.demo.history.ledger import Ledger, Row
from app.demo.history.streams import STREAMS, Trouble
from app.demo.reporting import LOOK_EVERY

END = datetime(2026, 11, 25, 9, 17, 30, tzinfo=UTC)
BEGIN = END - timedelta(days=14)
OUTAGE = Trouble(END - timedelta(days=2, hours=1), END - timedelta(days=2), platform=True)
NAMES = {stream.name for stream in STREAMS}


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    written = Ledger()
    streams.write(written, Random(1), BEGIN, END, [OUTAGE])
    return written


def hours(ledger: Ledger, stream: str) -> list[Row]:
    return [row for row in ledger.tables["activity_hour"] if row["stream"] == stream]


def test_the_same_seed_gives_the_same_minutes(ledger: Ledger) -> None:
    again = Ledger()

    streams.write(again, Random(1), BEGIN, END, [OUTAGE])

    assert again.tables == ledger.tables


def test_hours_and_events_join_without_a_gap_and_end_now(ledger: Ledger) -> None:
    for name in NAMES:
        told = [row["occurred_at"] for row in ledger.tables["activity_event"] if row["stream"] == name]
        last = hours(ledger, name)[-1]["hour"]

        assert min(told) == last + timedelta(hours=1)
        assert max(told) == END.replace(second=0) - timedelta(minutes=1)
        assert len(told) == len(set(told)) == (max(told) - min(told)) // timedelta(minutes=1) + 1


def test_days_are_busier_than_nights_and_workdays_than_weekends(ledger: Ledger) -> None:
    found = hours(ledger, "checkout")

    day = [sum(row["minutes"]) for row in found if row["hour"].hour == 10 and row["hour"].weekday() < 5]
    night = [sum(row["minutes"]) for row in found if row["hour"].hour == 2 and row["hour"].weekday() < 5]
    weekend = [sum(row["minutes"]) for row in found if row["hour"].hour == 10 and row["hour"].weekday() > 4]

    assert median(day) > 4 * median(night)
    assert median(day) > 2 * median(weekend)


def test_an_outage_of_the_platform_leaves_next_to_nothing(ledger: Ledger) -> None:
    (row,) = [
        one for one in hours(ledger, "feed-views") if one["hour"] == OUTAGE.end.replace(minute=0, second=0)
    ]

    assert max(row["minutes"][:16]) < 0.1 * min(row["minutes"][20:])


def test_the_reporter_looks_often_enough_for_a_minute_to_be_whole_when_it_is_judged() -> None:
    from app.activity.rules import SETTLES_WITHIN

    assert streams.HEARD_AFTER + LOOK_EVERY < SETTLES_WITHIN
