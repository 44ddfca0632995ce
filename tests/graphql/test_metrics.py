from __future__ import annotations

from typing import Any

import pytest

from app.errors import InvalidInput
from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio
WINDOW = """query($severity: [Severity!], $zone: String!, $from: DateTime, $to: DateTime) {
    incidentMetrics(
        severity: $severity, timeZone: $zone, every: DAY, triggeredAfter: $from, triggeredBefore: $to
    ) {
        every
        whole { now { incidents secondsToFirstAck { count mean } } before { incidents } }
        bySeverity { severity now { incidents } }
        bySource { source now { incidents } }
        periods { begins ends now { incidents } }
    } }"""
ONE = """{ incident(number: 1) { metrics {
    secondsToFirstAck secondsToEngage timeoutEscalationCount totalInterruptions sleepHourInterruptions
    } } }"""
LIST = "query($filter: IncidentFilter!) { incidents(filter: $filter) { nodes { number } } }"


async def window(house: House, **given: Any) -> Any:
    begins = await house.rows("select clock_timestamp() - interval '3 days' as at")
    given = {"zone": "UTC", "from": begins[0]["at"].isoformat(), **given}
    return (await house.ask(WINDOW, **given))["incidentMetrics"]


async def test_a_window_is_told_whole_and_in_parts(settled: House) -> None:
    found = await window(settled)

    assert found["every"] == "DAY"
    assert found["whole"]["now"]["incidents"] == 3
    assert found["whole"]["now"]["secondsToFirstAck"]["count"] == 1
    assert found["whole"]["before"]["incidents"] == 0
    assert [(one["severity"], one["now"]["incidents"]) for one in found["bySeverity"]] == [
        ("S0", 1),
        ("S1", 1),
        ("S2", 1),
    ]
    assert found["bySource"] == [{"source": None, "now": {"incidents": 3}}]
    assert sum(one["now"]["incidents"] for one in found["periods"]) == 3


async def test_a_window_is_narrowed(settled: House) -> None:
    found = await window(settled, severity=["S0", "S1"], zone="Asia/Tokyo")

    assert found["whole"]["now"]["incidents"] == 2


async def test_a_window_that_cannot_be_shown_is_refused(settled: House) -> None:
    with pytest.raises(InvalidInput, match="end after it begins"):
        await window(settled, to="2026-01-01T00:00:00Z")


async def test_an_incident_tells_its_figures(settled: House) -> None:
    found = (await settled.ask(ONE))["incident"]["metrics"]

    assert found.pop("secondsToFirstAck") > 0
    assert found == {
        "secondsToEngage": None,
        "timeoutEscalationCount": 0,
        "totalInterruptions": 0,
        "sleepHourInterruptions": 0,
    }


@pytest.mark.parametrize(
    ("given", "count"), [({"declared": True}, 3), ({"declared": False}, 0), ({"source": "prometheus"}, 0)]
)
async def test_incidents_are_looked_for_by_what_opened_them(
    settled: House, given: dict[str, Any], count: int
) -> None:
    found = await settled.ask(LIST, filter=given)

    assert len(found["incidents"]["nodes"]) == count
