from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from app.incidents import rules
from app.incidents.paging.grouping import Waiting, plan, wait

KINDS = ("urgent_fresh", "urgent_alone", "mild_fresh", "mild_alone", "ends")
counts = st.tuples(*(st.integers(0, 60) for _ in KINDS))


def waiting(*numbers: int) -> Waiting[str]:
    """So many of each kind, each with a name of its own."""
    return Waiting(
        **{kind: [f"{kind} {n}" for n in range(count)] for kind, count in zip(KINDS, numbers, strict=True)}
    )


@given(counts, st.floats(0, rules.CALLS_AT_ONCE), st.integers(0, 1000))
def test_nothing_is_lost_doubled_or_over_the_budget(
    numbers: tuple[int, ...], tokens: float, made: int
) -> None:
    given_away = waiting(*numbers)

    found = plan(given_away, tokens, made=made)

    everything = [*chain.from_iterable(getattr(given_away, kind) for kind in KINDS)]
    assert sorted([*chain.from_iterable(found.calls), *found.later]) == sorted(everything)
    assert len(found.calls) <= tokens


@given(counts, st.floats(0, rules.CALLS_AT_ONCE), st.integers(0, 1000))
def test_only_what_was_never_tried_shares_a_call(numbers: tuple[int, ...], tokens: float, made: int) -> None:
    for call in plan(waiting(*numbers), tokens, made=made).calls:
        assert len(call) == 1 or all("fresh" in one for one in call)


@given(counts, st.floats(1, rules.CALLS_AT_ONCE), st.integers(0, 1000))
def test_nothing_mild_leaves_before_what_is_urgent(
    numbers: tuple[int, ...], tokens: float, made: int
) -> None:
    found = plan(waiting(*numbers), tokens, made=made)

    if any("urgent" in one for one in found.later):
        assert all("urgent" in call[0] for call in found.calls)
    leaders = ["urgent" in call[0] for call in found.calls]
    assert leaders == sorted(leaders, reverse=True)


def test_in_calm_each_page_has_a_call_of_its_own() -> None:
    found = plan(waiting(5, 0, 10, 0, 5), 25.0, made=0)

    assert [len(call) for call in found.calls] == [1] * 20


def test_what_is_too_much_shares_the_last_call() -> None:
    found = plan(waiting(0, 0, 100, 0, 0), 25.0, made=0)

    assert [len(call) for call in found.calls] == [1] * 21 + [79]


def test_a_few_calls_are_kept_for_what_is_urgent() -> None:
    calm, urgent = plan(waiting(0, 0, 9, 0, 0), 3.9, made=0), plan(waiting(1, 0, 9, 0, 0), 3.9, made=0)

    assert calm.calls == []
    assert urgent.calls == [["urgent_fresh 0"]]


def test_where_not_even_the_urgent_have_a_call_each_all_leave_together() -> None:
    found = plan(waiting(5, 0, 40, 0, 3), 1.0, made=0)

    assert [len(call) for call in found.calls] == [45]
    assert found.calls[0][0] == "urgent_fresh 0"


def test_answers_and_ends_are_told_even_while_others_wait_to_ring() -> None:
    told = [plan(waiting(0, 0, 9, 0, 9), 4.0, made=made).calls[0][0] for made in range(8)]

    assert sum(one.startswith("ends") for one in told) == 2


def test_what_is_put_back_comes_when_there_is_a_call_for_it() -> None:
    assert wait(0.4, urgent=True).total_seconds() == 0.5
    assert round(wait(1.0, urgent=False).total_seconds(), 3) == 2.5
