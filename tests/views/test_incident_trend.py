from __future__ import annotations

from typing import Any

import pytest

from tests.views import samples
from tests.views.activity import line
from tests.views.samples import START, at
from views.incidents.trend import back_for, compose

NOW = samples.frame(1961).now


def standing(**changes: Any) -> dict[str, Any]:
    return {"stream": "checkout", "minute": at(1870), "held": "S3", "insideSince": at(1241)} | changes


def test_what_was_done_is_marked_and_leads_to_its_entry() -> None:
    frame, incident = samples.incident_frame(400), samples.answered(trends=[standing()])

    shown = compose(frame, incident, line())

    assert [(one.name, one.seq) for one in shown.marks][:2] == [("Declared", 1), ("Acknowledged", 6)]
    assert shown.marks[0].at == START
    assert 'class="mark"' in shown.picture.drawing


def test_it_is_back_when_every_stream_has_been_for_ten_minutes() -> None:
    found = back_for(samples.incident(trends=[standing(), standing(insideSince=at(1361))]), NOW)

    assert found is not None
    assert found.total_seconds() == 600


@pytest.mark.parametrize(
    "incident",
    [
        samples.incident(),
        samples.incident(trends=[standing()], status="MITIGATED"),
        samples.incident(trends=[standing(), standing(held="S1")]),
        samples.incident(trends=[standing(minute=at(1200))]),
    ],
)
def test_recovery_is_not_suggested_otherwise(incident: dict[str, Any]) -> None:
    assert back_for(incident, NOW) is None
