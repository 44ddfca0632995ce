from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.incidents.on_call import rules
from app.incidents.on_call.rules import Cover, Turns
from app.incidents.on_call.words import ShiftSource

# Both hemispheres, half an hour's change, none, two days' difference, and a country that left a day out.
ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"),
    *("Asia/Kathmandu", "Pacific/Apia", "Pacific/Kiritimati", "Africa/Cairo", "America/Havana"),
)
PEOPLE = frozenset(range(1, 7))

moments = st.datetimes(datetime(2010, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.timedeltas(timedelta(minutes=1), timedelta(days=20))
turns = st.builds(
    Turns,
    members=st.lists(st.sampled_from(sorted(PEOPLE)), min_size=1, max_size=6).map(tuple),
    weekday=st.integers(0, 6),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
    begins_at=moments,
)


@st.composite
def covers(draw: st.DrawFn, since: datetime) -> list[Cover]:
    begins = draw(st.lists(st.timedeltas(timedelta(days=-30), timedelta(days=60)), max_size=6))
    return [
        Cover(draw(st.sampled_from(sorted(PEOPLE))), since + ahead, since + ahead + draw(lengths))
        for ahead in begins
    ]


def walked(turn: Turns, at: datetime) -> int:
    """Count handovers day by day, as somebody with a calendar would."""
    day = turn.begins_at.astimezone(ZoneInfo(turn.zone)).date() - timedelta(days=1)
    count = 0
    while day <= at.astimezone(ZoneInfo(turn.zone)).date() + timedelta(days=1):
        local = datetime.combine(day, turn.at, ZoneInfo(turn.zone)).astimezone(UTC)
        count += day.weekday() == turn.weekday and turn.begins_at < local <= at
        day += timedelta(days=1)
    return count


@given(turns, st.timedeltas(timedelta(), timedelta(days=500)))
def test_handovers_are_those_that_one_counts_on_a_calendar(turn: Turns, later: timedelta) -> None:
    at = turn.begins_at + later

    assert turn.handed_over(at) == walked(turn, at)


@given(turns, st.data())
def test_shifts_leave_no_gap_and_do_not_overlap(turn: Turns, data: st.DataObject) -> None:
    since = turn.begins_at + data.draw(st.timedeltas(timedelta(), timedelta(days=400)))
    until = since + timedelta(days=60)

    found = rules.shifts(turn, data.draw(covers(since)), PEOPLE, since, until)

    assert (found[0].begins_at, found[-1].ends_at) == (since, until)
    assert all(one.ends_at == after.begins_at for one, after in pairwise(found))
    assert all(one.begins_at < one.ends_at for one in found)


@given(turns, st.data())
def test_at_every_moment_the_shift_is_of_who_is_on_call(turn: Turns, data: st.DataObject) -> None:
    since, until = turn.begins_at, turn.begins_at + timedelta(days=60)
    stand_ins = data.draw(covers(since))
    present = data.draw(st.frozensets(st.sampled_from(sorted(PEOPLE))))
    at = since + data.draw(st.timedeltas(timedelta(), timedelta(days=60) - timedelta(seconds=1)))

    found = rules.shifts(turn, stand_ins, present, since, until)

    then = [(one.person_id, one.source) for one in found if one.begins_at <= at < one.ends_at]
    somebody = rules.on_call(turn, stand_ins, present, at)
    assert then == ([somebody] if somebody else [])


@pytest.mark.parametrize(
    ("zone", "begins", "at", "handed"),
    [
        ("Europe/Berlin", "2026-03-20T12:00Z", time(9), "2026-03-22T08:00Z"),  # winter
        ("Europe/Berlin", "2026-03-23T12:00Z", time(9), "2026-03-29T07:00Z"),  # the day clocks go forward
        ("Europe/Berlin", "2026-03-23T12:00Z", time(2, 30), "2026-03-29T01:30Z"),  # there is no 2:30
        ("Europe/Berlin", "2026-10-19T12:00Z", time(2, 30), "2026-10-25T00:30Z"),  # it comes twice
        ("America/New_York", "2026-03-05T12:00Z", time(2, 30), "2026-03-08T07:30Z"),
        ("America/New_York", "2026-10-29T12:00Z", time(1, 30), "2026-11-01T05:30Z"),
        ("Australia/Lord_Howe", "2026-03-30T12:00Z", time(9), "2026-04-04T22:30Z"),
    ],
)
def test_it_is_handed_over_by_the_clock_on_the_wall(zone: str, begins: str, at: time, handed: str) -> None:
    turn = Turns((1, 2), 6, at, zone, datetime.fromisoformat(begins))

    assert turn.handover(1) == datetime.fromisoformat(handed)


def test_the_cover_that_was_made_last_wins() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    made = [Cover(2, noon, noon + timedelta(hours=8)), Cover(3, noon, noon + timedelta(hours=2))]
    turn = Turns((1,), 0, time(9), "UTC", noon)

    found = rules.shifts(turn, made, PEOPLE, noon, noon + timedelta(days=1))

    assert [(one.person_id, one.ends_at.hour) for one in found] == [(3, 14), (2, 20), (1, 12)]
    assert [one.source for one in found] == [ShiftSource.COVER, ShiftSource.COVER, ShiftSource.ROTA]


def test_who_has_left_is_a_gap_and_their_cover_is_none() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    day, hour = timedelta(days=1), timedelta(hours=1)
    turn = Turns((1, 2), 1, time(12), "UTC", noon)

    found = rules.shifts(turn, [Cover(9, noon, noon + hour)], {2}, noon, noon + 2 * day)

    taken = [(one.begins_at, one.ends_at) for one in found]
    assert taken == [(noon + day, noon + 2 * day)]
    assert rules.gaps(taken, noon, noon + 3 * day) == [(noon, noon + day), (noon + 2 * day, noon + 3 * day)]


@given(turns)
def test_what_is_planned_ends_at_a_handover(turn: Turns) -> None:
    end = rules.planned_until(turn, turn.begins_at)

    assert turn.begins_at + rules.PLANNED_AHEAD < end <= turn.begins_at + rules.PLANNED_AHEAD + rules.WEEK * 2
    assert turn.handed_over(end) == turn.handed_over(end - timedelta(seconds=1)) + 1
