from __future__ import annotations

from tests.views.policies import VERSIONS, step, version
from views import policies


def test_a_policy_is_told_in_sentences() -> None:
    assert policies.told(version(1, 300)) == [
        "At once: On-call operator",
        "After 5:00: Incident commander",
        "Then the incident commander 3 more times, five minutes apart, and every administrator",
        "An acknowledgement of S0 or S1 lapses after 30 minutes without an entry",
    ]


def test_somebody_is_told_by_name_and_no_repeats_as_none() -> None:
    named = [step("OPERATOR", 60, 60, {"name": "Wren"})]

    assert policies.told(version(1, 300, steps=named, repeats=0))[:2] == [
        "After 1:00: Wren",
        "Then, five minutes later, every administrator",
    ]


def test_a_version_shows_what_it_changed_and_the_first_all_that_it_said() -> None:
    second, first = policies.history(VERSIONS)

    assert [(line.change, line.text[:14]) for line in second.lines] == [
        ("gone", "After 5:00: In"),
        ("gone", "Then the incid"),
        ("new", "After 3:00: In"),
        ("new", "Then the incid"),
    ]
    assert {line.change for line in first.lines} == {"same"}
