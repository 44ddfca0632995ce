from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from views import charts
from views.charts import Scale

NUMBERS = st.lists(st.floats(0, 1e9), min_size=1, max_size=200)


def numbers(drawn: str) -> list[tuple[float, float]]:
    """The points of a line."""
    path = ElementTree.fromstring(drawn).attrib["d"]
    pairs = [pair.split(" ") for pair in path.removeprefix("M").removesuffix("Z").split("L")]
    return [(float(x), float(y)) for x, y in pairs]


@pytest.mark.parametrize(
    ("values", "top"),
    [([], 1), ([0], 1), ([90], 100), ([93], 150), ([230], 250), ([0.02], 0.025), ([7e6], 8e6)],
)
def test_a_scale_ends_at_a_round_number_above_everything(values: list[float], top: float) -> None:
    assert charts.scale(len(values), values).top == pytest.approx(top)


@given(NUMBERS, st.floats(0, 1e9))
def test_everything_is_drawn_inside_the_box(values: list[float], limit: float) -> None:
    on = charts.scale(len(values), values, [limit])

    assert all(0 <= x <= 600 and 0 <= y <= 100 for x, y in numbers(charts.line(values, on)))


@given(NUMBERS)
def test_more_is_never_drawn_lower(values: list[float]) -> None:
    on = charts.scale(len(values), values)

    heights = [on.y(value) for value in sorted(values)]

    assert heights == sorted(heights, reverse=True)


def test_a_line_goes_from_edge_to_edge_and_nothing_is_at_the_bottom() -> None:
    assert numbers(charts.line([0, 5, 10], Scale(3, 10))) == [(0, 100), (300, 50), (600, 0)]


def test_a_band_goes_there_and_back() -> None:
    drawn = numbers(charts.band([2, 4], [6, 8], Scale(2, 10)))

    assert drawn == [(0, 40), (600, 20), (600, 60), (0, 80)]


def test_bars_stand_on_the_ground_side_by_side() -> None:
    path = ElementTree.fromstring(charts.bars([5, 10], Scale(2, 10), gap=0)).attrib["d"]

    assert path == "M0.0 100V50h300.0V100ZM300.0 100V0h300.0V100Z"


def test_a_drawing_says_to_whoever_cannot_see_it_what_is_to_be_seen() -> None:
    on = Scale(2, 10)

    drawn = ElementTree.fromstring(charts.drawing(charts.level(5, on, "limit"), title='Peak "9" & <now>'))

    assert (drawn.attrib["role"], drawn.attrib["aria-label"]) == ("img", 'Peak "9" & <now>')
    assert "style" not in drawn.attrib


def test_what_is_written_on_a_chart_is_escaped() -> None:
    parts = [
        charts.label("0", "5%", "<b>", anchor="end"),
        charts.hit(0, Scale(2, 1), "/activity?a=1&b=2", "<i>"),
        charts.sparkline([1, 2], title="<u>", low=[0, 0], high=[1, 1]),
    ]

    written = "".join(parts)

    assert not [tag for tag in ("<b>", "<i>", "<u>") if tag in written]
    assert "a=1&amp;b=2" in written


def test_a_strip_is_for_the_pointer_alone() -> None:
    strip = ElementTree.fromstring(charts.strips(charts.hit(1, Scale(3, 1), "/there", "14:02: 7")))

    (link,) = strip
    assert strip.attrib["aria-hidden"] == "true"
    assert (link.attrib["tabindex"], link.attrib["href"]) == ("-1", "/there")
