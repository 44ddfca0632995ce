from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.views.samples import START, answered, at, incident, step
from views import ladder
from views.ladder import Ladder


def drawn(shown: dict[str, Any], seconds: float = 114) -> Ladder:
    return ladder.of(shown, START + timedelta(seconds=seconds))


def test_a_waiting_incident_shows_who_was_paged_and_who_is_next() -> None:
    found = drawn(incident())

    assert [(rung.state, rung.title, rung.who) for rung in found.rungs] == [
        ("done", "Declared", "by prometheus-eu"),
        ("paged", "On-call operator", "Olive Okafor"),
        ("due", "Incident commander", "on call at PagerDuty"),
        ("ahead", "Commander again", "3 times, 5:00 apart"),
        ("ahead", "Administrators", "every one of them"),
    ]
    assert found.rungs[-1].at == START + timedelta(minutes=25)


def test_until_when_is_said_of_who_is_on_call_alone() -> None:
    on_call: dict[str, Any] = {"onCall": "Ivan Petrov", "onCallUntil": at(86400)}
    fired = step(1, "OPERATOR", 2, 2)
    named = drawn(incident(escalation=[fired, step(2, "INCIDENT_COMMANDER", 300, **on_call)]))
    again = drawn(
        incident(escalation=[fired, step(3, "INCIDENT_COMMANDER", 600, repeat=1, repeats=3, **on_call)])
    )

    assert (named.rungs[2].who, named.rungs[2].until) == ("Ivan Petrov", START + timedelta(days=1))
    assert (again.rungs[2].who, again.rungs[2].until) == ("again, 1 of 3", None)


def test_of_repeats_it_tells_how_many_are_left() -> None:
    fired = [step(1, "OPERATOR", 0, 0), step(2, "INCIDENT_COMMANDER", 300, 300, repeats=3)]
    third = step(4, "INCIDENT_COMMANDER", 900, repeat=2, repeats=3, administratorsAt=at(1500))

    found = drawn(incident(escalation=[*fired, third]), 700)

    assert [(rung.title, rung.who) for rung in found.rungs[3:]] == [
        ("Incident commander", "again, 2 of 3"),
        ("Commander again", "once more"),
        ("Administrators", "every one of them"),
    ]
    assert found.waiting is not None
    assert found.waiting.whom == "the incident commander again"


def test_somebody_whom_the_policy_names_stands_by_their_name() -> None:
    named = step(2, "OPERATOR", 120, person={"name": "Wren Castellan"})

    found = drawn(incident(escalation=[step(1, "OPERATOR", 2, 2), named]))

    assert (found.rungs[2].title, found.rungs[2].who) == ("Wren Castellan", "by name")
    assert found.waiting is not None
    assert found.waiting.whom == "Wren Castellan"


def test_when_every_administrator_was_paged_it_says_when() -> None:
    steps = [step(1, "OPERATOR", 2, 2), step(2, "ADMINISTRATOR", 1500, 1500)]

    assert drawn(incident(escalation=steps), 1600).gave_up_at == START + timedelta(seconds=1500)
    assert drawn(answered(escalation=steps), 1600).gave_up_at is None


def test_shares_are_the_time_between_rungs_in_per_cent() -> None:
    found = drawn(answered(), 2000)

    assert [rung.share for rung in found.rungs] == [1, 78, 22, 0]
    assert [rung.span for rung in found.rungs] == ["t0 u1", "t7 u8", "t2 u2", "t0 u0"]


def test_gaps_say_how_long_nobody_answered_and_how_long_somebody_took() -> None:
    found = drawn(answered(), 2000)

    assert [rung.gap for rung in found.rungs] == ["", "no answer for 5:00", "answered in 1:23", ""]
    assert found.rungs[-1].who == "by Ivan Petrov"


def test_the_running_line_has_come_as_far_as_the_time_has() -> None:
    running = drawn(incident(), 114).rungs[1]

    assert running.elapsed == timedelta(seconds=112)
    assert running.length == timedelta(seconds=298)


def test_a_running_line_never_passes_its_end() -> None:
    late = drawn(incident(), 900).rungs[1]

    assert late.elapsed == late.length


def test_the_policy_owner_is_no_rung() -> None:
    steps = [*incident()["escalation"], step(0, "POLICY_OWNER", 1, 1)]

    found = drawn(incident(escalation=steps))

    assert "Policy owner" not in [rung.title for rung in found.rungs]


def test_nobody_waits_once_somebody_answered() -> None:
    found = drawn(answered(), 2000)

    assert found.waiting is None
    assert found.since is None


def test_without_a_step_ahead_nothing_waits() -> None:
    everybody = [step(1, "OPERATOR", 2, 2), step(2, "INCIDENT_COMMANDER", 300, 300)]

    found = drawn(incident(escalation=everybody), 400)

    assert found.waiting is None
    assert [rung.state for rung in found.rungs] == ["done", "unanswered", "paged"]


def test_a_ladder_with_many_rungs_stands() -> None:
    repeats = [step(n, "INCIDENT_COMMANDER", 300 * n, 300 * n) for n in range(1, 7)]

    assert drawn(incident(escalation=repeats), 2000).tall
    assert not drawn(incident()).tall


def test_rounds_before_a_hand_back_are_left_to_the_timeline() -> None:
    old = [step(1, "OPERATOR", 0, 0), step(2, "INCIDENT_COMMANDER", 300, cancelledAt=at(60))]
    new = [step(3, "OPERATOR", 900, 900), step(4, "INCIDENT_COMMANDER", 1200)]

    found = drawn(incident(escalation=old + new), 950)

    assert [rung.at for rung in found.rungs[1:]] == [START + timedelta(seconds=s) for s in (900, 1200)]


def test_steps_of_an_earlier_generation_are_left_out() -> None:
    old = step(1, "OPERATOR", 0, 0, generation=1)
    new = step(1, "OPERATOR", 900, 900, generation=2)

    found = drawn(incident(generation=2, escalation=[old, new]), 950)

    assert [rung.at for rung in found.rungs[1:]] == [START + timedelta(seconds=900)]


def test_an_incident_that_ended_unanswered_says_why_its_escalation_stopped() -> None:
    stopped = step(2, "INCIDENT_COMMANDER", 300, cancelledAt=at(60), cancelReason="resolved")

    found = drawn(incident(status="RESOLVED", escalation=[step(1, "OPERATOR", 0, 0), stopped]), 100)

    assert found.rungs[-1].title == "Escalation stopped"
    assert found.rungs[-1].who == "resolved"
