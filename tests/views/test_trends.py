from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.views.activity import BEGIN, MINUTE, learning, line
from views import trends
from views.activity import Asked

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0"), (3.0, "3"), (3.4, "3.4"), (0.25, "0.25"), (128.4, "128"), (4895.0, "4,895")],
)
def test_a_value_has_as_many_digits_as_it_needs(value: float | None, text: str) -> None:
    assert trends.figure(value) == text


def test_a_standing_is_a_sentence() -> None:
    fell = trends.standing(line())
    unusual = trends.standing(line(ratio=None, expected=0.0, spread=0.0, value=4.2))

    assert (
        fell == "41\N{NO-BREAK SPACE}% of what is usual for this hour:"
        " 128 a minute, usually 312 ± 18, and falling."
    )
    assert unusual == "4.2 a minute, where usually nothing happens in this hour."
    assert "seven days" in trends.standing(learning())


def test_a_picture_tells_the_worst_minute_in_the_viewers_zone() -> None:
    drawn = trends.draw(line(), BERLIN, str).drawing
    failures = trends.draw(line(kind="FAILURE"), BERLIN, str).drawing

    assert "Checkout per minute: lowest 128 at 05:26" in drawn
    assert "Checkout per minute: peak 330 at" in failures


def test_every_minute_of_a_picture_leads_to_its_part_of_the_feed() -> None:
    asked = Asked("checkout")

    picture = trends.draw(line(), BERLIN, lambda at: asked.to(minute=at), chosen=BEGIN - MINUTE)

    assert picture.strips.count("<a ") == 120
    assert (
        '/activity?stream=checkout&amp;minute=2026-11-23T04:30Z" tabindex="-1" class="chosen"'
        in picture.strips
    )
    assert "05:30: 128, usually 312 ± 18" in picture.strips


def test_times_under_a_picture_are_round_and_the_viewers_own() -> None:
    times = trends.draw(line(), BERLIN, str).times

    assert [text for text in ("04:00", "04:20", "05:20") if f">{text}<" in times] == [
        "04:00",
        "04:20",
        "05:20",
    ]


def test_incidents_that_began_meanwhile_are_marked() -> None:
    began = [(BEGIN - 9 * MINUTE, "OPS-7"), (BEGIN - 200 * MINUTE, "OPS-6")]

    labels = trends.draw(line(), BERLIN, str, happened=began).labels

    assert "OPS-7" in labels
    assert "OPS-6" not in labels


def test_a_stream_without_history_is_drawn_without_a_band() -> None:
    picture = trends.draw(learning(), BERLIN, str)

    assert 'class="usual"' not in picture.drawing
    assert "threshold" not in picture.labels


def test_an_incident_is_declared_from_a_line_or_from_one_of_its_minutes() -> None:
    whole, minute = trends.declaration(line(), None), trends.declaration(line(), BEGIN - MINUTE)

    assert whole["title"] == "Checkout at 41\N{NO-BREAK SPACE}% of the usual"
    assert minute["title"] == "Checkout: 128 in the minute of 04:30 UTC, usually 312 ± 18"
    assert whole["reason"] == minute["reason"] == line()["finding"]


def test_an_address_says_what_is_seen_and_is_read_back() -> None:
    asked = Asked("a b", "x.y", datetime(2026, 11, 23, 4, 30, tzinfo=UTC))

    assert asked.to() == "/activity?stream=a+b&kind=x.y&minute=2026-11-23T04:30Z"
    assert asked.to(kind="", minute=None) == "/activity?stream=a+b"
    assert Asked().more("after", "c") == "/activity?after=c"
