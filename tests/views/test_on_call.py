from __future__ import annotations

from datetime import timedelta

from tests.views.on_call import ANSWER, AROUND, NOBODY
from tests.views.samples import START
from views.on_call.choosing import local, typed_moment
from views.on_call.lanes import SPAN, lanes
from views.times import zone


def test_gaps_stand_between_the_shifts() -> None:
    operator, commander, _ = lanes(AROUND, ANSWER)

    assert (operator.gaps, commander.gaps) == (0, 1)
    assert [turn.name for turn in commander.turns] == ["", "Ivan Petrov"]
    assert commander.turns[0].ends_at == commander.turns[1].begins_at


def test_a_role_without_anybody_is_one_gap() -> None:
    for lane in lanes(AROUND, NOBODY):
        [turn] = lane.turns
        assert AROUND.now is not None
        assert (turn.begins_at, turn.ends_at) == (AROUND.now, AROUND.now + SPAN)


def test_what_pagerduty_says_is_shown_alone() -> None:
    there = {**ANSWER["onCallShifts"]["nodes"][0], "source": "PAGERDUTY", "endsAt": None}
    nodes = [*ANSWER["onCallShifts"]["nodes"], there]

    operator = lanes(AROUND, {**ANSWER, "onCallShifts": {"nodes": nodes}})[0]

    assert [turn.source for turn in operator.turns] == ["PAGERDUTY"]


def test_a_moment_is_typed_by_the_clock_of_the_viewers_zone() -> None:
    berlin = zone("Europe/Berlin")
    at = START.replace(second=0) + timedelta(days=200)

    assert typed_moment(local(at, berlin), berlin) == at
    assert typed_moment("soon", berlin) is None
