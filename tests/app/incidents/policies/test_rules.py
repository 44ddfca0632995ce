from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.incidents.policies import Draft, Planned
from app.incidents.policies.rules import check
from app.incidents.words import IncidentRole

OPERATOR, COMMANDER = IncidentRole.OPERATOR, IncidentRole.INCIDENT_COMMANDER
HANDBOOK = "escalate to the incident commander if no acknowledgement within 5 minutes"


def draft(*steps: tuple[float, IncidentRole, int | None], repeats: int = 3, minutes: float = 30) -> Draft:
    planned = tuple(Planned(timedelta(minutes=wait), role, person) for wait, role, person in steps)
    return Draft(planned, repeats, timedelta(minutes=minutes))


USUAL = ((0, OPERATOR, None), (5, COMMANDER, None))


def test_what_the_handbook_says_is_a_policy() -> None:
    check(draft(*USUAL))


def test_so_is_what_is_stricter() -> None:
    check(draft((0, OPERATOR, None), (1, OPERATOR, 7), (2, COMMANDER, None), (10, OPERATOR, 8)))


@pytest.mark.parametrize(
    "steps",
    [
        [(0, OPERATOR, None), (5.5, COMMANDER, None)],
        [(0, OPERATOR, None), (3, OPERATOR, 7), (3, COMMANDER, None)],
        [(0, OPERATOR, None)],
        [(0, OPERATOR, None), (5, COMMANDER, 7)],
        [(1, OPERATOR, None), (1, COMMANDER, None)],
        [(0, OPERATOR, 7), (5, COMMANDER, None)],
        [(0, COMMANDER, None)],
    ],
    ids=["late", "late in sum", "none", "by name", "operator later", "operator by name", "no operator"],
)
def test_what_would_be_later_is_refused_with_the_handbooks_sentence(
    steps: list[tuple[float, IncidentRole, int | None]],
) -> None:
    with pytest.raises(InvalidInput, match=HANDBOOK) as refused:
        check(draft(*steps))

    assert refused.value.path == ("steps",)


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (draft(), "steps"),
        (draft(*USUAL, *([(1, OPERATOR, None)] * 9)), "steps"),
        (draft(*USUAL, (61, OPERATOR, None)), "steps"),
        (draft(*USUAL, (-1, OPERATOR, None)), "steps"),
        (draft(*USUAL, (1, IncidentRole.POLICY_OWNER, None)), "steps"),
        (draft(*USUAL, repeats=-1), "repeats"),
        (draft(*USUAL, repeats=11), "repeats"),
        (draft(*USUAL, minutes=4), "lapsesAfterMinutes"),
        (draft(*USUAL, minutes=241), "lapsesAfterMinutes"),
    ],
)
def test_what_is_no_policy_names_its_field(asked: Draft, path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(asked)

    assert refused.value.path == (path,)


def test_nobody_is_paged_before_the_operator() -> None:
    with pytest.raises(InvalidInput, match="first step pages the operator"):
        check(draft((0, COMMANDER, None), (0, OPERATOR, None)))


ROLES = st.sampled_from([OPERATOR, COMMANDER, IncidentRole.SCRIBE])
STEPS = st.tuples(st.floats(-1, 70), ROLES, st.sampled_from([None, None, 7]))


@given(st.lists(STEPS, max_size=6))
def test_no_policy_that_is_taken_pages_the_commander_late(
    steps: list[tuple[float, IncidentRole, int | None]],
) -> None:
    asked = draft(*steps)
    try:
        check(asked)
    except InvalidInput:
        return

    paged = [one["after_seconds"] for one in asked.stored() if one["role"] == COMMANDER]
    assert min(paged) <= 300
    assert asked.stored()[0] == {"role": "operator", "after_seconds": 0}
    assert paged == sorted(paged)
