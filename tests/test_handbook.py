"""The handbook's numbers and ours are the same: changing a sentence or a constant alone fails here."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from app.incidents import rules
from app.incidents.policies.rules import PAGING_SEQUENCE
from app.incidents.rungs import ROLE_WORDS
from app.incidents.words import AlertScope, AlertSeverity, IncidentRole, Severity
from tests.engines import plain

HANDBOOK = Path(__file__).parents[1] / "docs/operations/handbook.md"


def sentence(title: str) -> str:
    """What the handbook says under a bold title."""
    found = re.search(rf"^- \*\*{re.escape(title)}\*\* – (.+)$", HANDBOOK.read_text(), re.MULTILINE)
    assert found, f'the handbook has no "{title}"'
    return found[1]


def the(pattern: str, text: str) -> str:
    """The one place where a sentence says something."""
    found = re.findall(pattern, text)
    assert len(found) == 1, f"the handbook no longer says {pattern!r} once: {text}"
    return str(found[0])


def test_the_commander_is_paged_after_as_many_minutes_as_the_handbook_says() -> None:
    minutes = int(the(r"if no acknowledgement within (\d+) minutes", sentence("Paging sequence")))

    assert timedelta(minutes=minutes) == rules.ACKNOWLEDGE_WITHIN


def test_a_policy_is_refused_with_the_handbooks_own_sentence() -> None:
    assert PAGING_SEQUENCE in sentence("Paging sequence")


@pytest.mark.anyio
async def test_the_first_escalation_policy_pages_whom_the_handbook_names(database_url: str) -> None:
    connection = await asyncpg.connect(plain(database_url))
    try:
        steps = await connection.fetch(
            "select role, (after_seconds || ' s')::interval as after from escalation_policy_version,"
            " jsonb_to_recordset(steps) as rung(role text, after_seconds int) order by after_seconds"
        )
    finally:
        await connection.close()

    said = the(r"Page (the on-call operator) in PagerDuty", sentence("Paging sequence"))
    next_said = the(r"escalate to (the incident commander) if", sentence("Paging sequence"))
    assert [(ROLE_WORDS[IncidentRole(role)], after) for role, after in steps] == [
        (said, timedelta()),
        (next_said, rules.ACKNOWLEDGE_WITHIN),
    ]


def test_severities_are_those_of_the_handbook() -> None:
    named = re.findall(r"(S\d) \(", sentence("Severity definitions"))

    assert named == [severity.value for severity in Severity]


def test_the_policy_owner_is_looped_in_for_the_severities_that_the_handbook_names() -> None:
    named = the(r"must be looped in for (S\d(?:/S\d)*) incidents", sentence("Paging sequence"))

    assert named.split("/") == [one.value for one in Severity if rules.needs_policy_owner(one)]


def test_the_policy_owner_is_called_as_the_handbook_calls_them() -> None:
    named = the(r"The policy owner \(`(.+?)`\)", sentence("Paging sequence"))

    assert ROLE_WORDS[IncidentRole.POLICY_OWNER] == named


@pytest.mark.parametrize(
    ("words", "scope"),
    [
        ("platform-wide", "platform"),
        ("core monetisation", "monetisation"),
        ("non-critical feature", "feature"),
    ],
)
def test_what_an_alert_can_be_about_are_the_handbooks_words(words: str, scope: str) -> None:
    severity = Severity(the(rf"(S\d) \([^)]*{words}[^)]*\)", sentence("Severity definitions")))

    critical = rules.MATRIX[AlertSeverity.CRITICAL]

    assert critical[AlertScope(scope)] is severity
