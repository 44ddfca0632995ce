"""Charts as SVG, drawn on the server: no script, no style attribute, every colour a class of the stylesheet.

The drawing stretches with its box while strokes keep their width. What must not stretch, words and dots, is
in a second SVG without a view box, placed in per cent. Scales begin at zero, so that heights stay honest.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 600.0, 100.0
LEAST = 1e-9  # what is smaller is nothing
ROOM = 1.08  # above the highest value
STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values are drawn: so many side by side, from 0 to `top`."""

    count: int
    top: float

    def x(self, at: float) -> float:
        """Across the drawing."""
        return round(WIDTH * at / max(self.count - 1, 1), 1)

    def y(self, value: float) -> float:
        """Down the drawing."""
        return round(HEIGHT * (1 - min(max(value, 0.0), self.top) / self.top), 1)

    def across(self, at: float) -> str:
        """Across any box, for attributes."""
        return f"{100 * at / max(self.count - 1, 1):.2f}%"

    def down(self, value: float) -> str:
        """Down any box, for attributes."""
        return f"{self.y(value):.1f}%"


def scale(count: int, *several: Iterable[float]) -> Scale:
    """A scale for all of these, whose top is a round number."""
    highest = max((value for values in several for value in values), default=0.0) * ROOM
    if highest < LEAST:
        return Scale(count, 1.0)
    unit = 10.0 ** math.floor(math.log10(highest))
    return Scale(count, next(step * unit for step in STEPS if step * unit >= highest))


def line(values: Sequence[float], on: Scale, kind: str = "line") -> Markup:
    """A line from value to value."""
    return _path("M" + "L".join(f"{on.x(at):g} {on.y(value):g}" for at, value in enumerate(values)), kind)


def area(values: Sequence[float], on: Scale, kind: str = "fill") -> Markup:
    """What lies under that line."""
    upper = "L".join(f"{on.x(at):g} {on.y(value):g}" for at, value in enumerate(values))
    return _path(f"M0 {HEIGHT:g}L{upper}L{on.x(len(values) - 1):g} {HEIGHT:g}Z", kind)


def band(low: Sequence[float], high: Sequence[float], on: Scale, kind: str = "usual") -> Markup:
    """What lies between two lines."""
    there = "L".join(f"{on.x(at):g} {on.y(value):g}" for at, value in enumerate(high))
    back = "L".join(f"{on.x(at):g} {on.y(value):g}" for at, value in reversed(list(enumerate(low))))
    return _path(f"M{there}L{back}Z", kind)


def bars(values: Sequence[float], on: Scale, kind: str = "bar", gap: float = 0.28) -> Markup:
    """A column for each value."""
    step = WIDTH / max(len(values), 1)
    wide = step * (1 - gap)
    columns = (
        f"M{at * step + step * gap / 2:.1f} {HEIGHT:g}V{on.y(value):g}h{wide:.1f}V{HEIGHT:g}Z"
        for at, value in enumerate(values)
    )
    return _path("".join(columns), kind)


def level(value: float, on: Scale, kind: str) -> Markup:
    """A line at one height, such as a limit."""
    return _path(f"M0 {on.y(value):g}H{WIDTH:g}", kind)


def mark(at: float, on: Scale, kind: str = "mark") -> Markup:
    """A line at one moment."""
    return _path(f"M{on.x(at):g} 0V{HEIGHT:g}", kind)


def hit(at: float, on: Scale, href: str, title: str, kind: str = "") -> Markup:
    """A strip that can be pressed; keys and screen readers have the same link in the table of the numbers."""
    step = WIDTH / max(on.count - 1, 1)
    return Markup(
        '<a href="{}" tabindex="-1"{}><title>{}</title><rect x="{}" y="0" width="{}" height="{}"/></a>'
    ).format(
        href,
        kind and Markup(' class="{}"').format(kind),
        title,
        f"{on.x(at) - step / 2:.1f}",
        f"{step:.1f}",
        f"{HEIGHT:g}",
    )


def label(x: str, y: str, text: object, kind: str = "", anchor: str = "start") -> Markup:
    """Words in the second SVG, at per cents of it."""
    return Markup('<text x="{}" y="{}" text-anchor="{}"{}>{}</text>').format(
        x, y, anchor, kind and Markup(' class="{}"').format(kind), text
    )


def dot(x: str, y: str, kind: str = "dot") -> Markup:
    """A round dot in the second SVG."""
    return Markup('<circle class="{}" cx="{}" cy="{}" r="3.5"/>').format(kind, x, y)


def drawing(*parts: Markup, title: str, kind: str = "chart") -> Markup:
    """The stretching SVG. `title` says what is to be seen, to whoever cannot."""
    return Markup(
        '<svg class="{}" viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(kind, title, _joined(parts))


def strips(*hits: Markup) -> Markup:
    """The stretching SVG of what can be pressed."""
    return Markup(
        '<svg class="hits" viewBox="0 0 600 100" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    ).format(_joined(hits))


def words(*parts: Markup, kind: str = "labels") -> Markup:
    """The SVG that does not stretch. The drawing's title says it all, so it is hidden from readers."""
    return Markup('<svg class="{}" aria-hidden="true">{}</svg>').format(kind, _joined(parts))


def sparkline(
    values: Sequence[float], *, title: str, low: Sequence[float] = (), high: Sequence[float] = ()
) -> Markup:
    """A small chart in a line of text or a tile, over a band if there is one."""
    on = scale(len(values), values, high)
    under = [band(low, high, on)] if high else []
    return drawing(*under, area(values, on), line(values, on), title=title, kind="chart spark")


def _path(shape: str, kind: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(kind, shape)


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(escape(part) for part in parts)
