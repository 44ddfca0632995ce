from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.views.samples import START, at, event, frame
from views import formats, times
from views.rendering import environment


def written(template: str, **context: Any) -> str:
    return environment().from_string(template).render(frame=frame(), **context)


def test_a_time_is_the_viewers_with_utc_for_whoever_hovers() -> None:
    assert written("{{ at | clock }}", at=at(0)) == (
        '<time datetime="2026-11-23T04:31:10Z" title="2026-11-23 04:31:10 UTC">05:31:10</time>'
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [("minute", "05:31"), ("date", "23 Nov 2026"), ("stamp", "23 Nov 2026, 05:31"), ("since", "1 min ago")],
)
def test_times_are_written_in_these_forms(name: str, text: str) -> None:
    assert written("{{ at | " + name + " }}", at=at(0)).endswith(f">{text}</time>")


def test_a_day_of_one_digit_has_no_nought() -> None:
    assert ">5 Nov 2026<" in written("{{ at | date }}", at="2026-11-05T12:00:00Z")


def test_what_just_happened_and_what_comes_are_said_in_words() -> None:
    assert "just now" in written("{{ at | since }}", at=at(100))
    assert "in 2 d" in written("{{ at | until }}", at=at(2 * 86400 + 200))
    assert "5 min ago" in written("{{ at | until }}", at=at(-200))


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (0, "0:00"),
        (59.9, "0:59"),
        (300, "5:00"),
        (3723, "1:02:03"),
        (-4, "0:00"),
        (timedelta(minutes=3, seconds=6), "3:06"),
    ],
)
def test_durations_read_like_a_stopwatch(length: float | timedelta, text: str) -> None:
    assert times.duration(length) == text


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../../etc/passwd", "/etc/localtime", "\x00"])
def test_a_time_zone_that_is_none_becomes_utc(name: str) -> None:
    assert times.zone(name).key == "UTC"


def test_words_are_made_of_names() -> None:
    assert formats.words("POLICY_OWNER") == "Policy owner"
    assert formats.provider("pagerduty") == "PagerDuty"
    assert formats.number(123) == "OPS-123"


@pytest.mark.parametrize(
    ("name", "letters"), [("Olive Okafor", "OO"), ("Trust & Safety", "TS"), ("Ivan", "I"), ("", "")]
)
def test_an_avatar_has_at_most_two_letters(name: str, letters: str) -> None:
    assert formats.initials(name) == letters


def test_a_name_keeps_its_colour() -> None:
    assert formats.hue("Olive Okafor") == formats.hue("Olive Okafor")
    assert formats.hue("Olive Okafor") in formats.HUES


@pytest.mark.parametrize(
    ("agent", "text"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on macOS"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.14", "curl"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_called_by_its_name(agent: str, text: str) -> None:
    assert formats.browser(agent) == text


def test_entries_are_grouped_by_the_viewers_day() -> None:
    edges = [event(n, "note", seconds, "") for n, seconds in enumerate((0, -6 * 3600, -80 * 3600))]

    text = written(
        "{% for day, those in edges | days %}{{ day }}:{{ those | length }} {% endfor %}", edges=edges
    )

    assert text == "Today:1 Yesterday:1 Thursday, 19 November 2026:1 "


def test_evidence_is_shown_as_text() -> None:
    assert formats.plain("critical") == "critical"
    assert formats.plain({"b": 1, "a": None}) == '{"a": null, "b": 1}'


def test_moments_are_read_once() -> None:
    assert times.moment(START) is START
    assert times.moment(at(0)) == START
