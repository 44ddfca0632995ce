"""Contrast of the colours, computed from the stylesheet itself, and rules without a use."""

from __future__ import annotations

import math
import re

import pytest

from tests.views.contexts import PAGES
from views.assets import STATIC
from views.rendering import TEMPLATES, environment

CSS = (STATIC / "opsbook.css").read_text()
OKLCH = r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)"
TOKENS = {
    name: (light, dark)
    for name, *both in re.findall(rf"(--[\w-]+):\s*light-dark\({OKLCH},\s*{OKLCH}\)", CSS)
    for light, dark in [(tuple(map(float, both[:3])), tuple(map(float, both[3:])))]
}
TOKENS["--solid"] = TOKENS["--ink"]
TEXT = [
    *[
        (ink, paper)
        for ink in ("--ink", "--ink-2", "--ink-3")
        for paper in ("--canvas", "--surface", "--sunken")
    ],
    *[("--accent", paper) for paper in ("--canvas", "--surface", "--raised", "--accent-wash")],
    *[(f"--on-s{n}", f"--s{n}") for n in range(4)],
    *[(f"--{word}", paper) for word in ("ok", "wait", "bad") for paper in ("--canvas", "--surface")],
    *[(f"--{word}", f"--{word}-wash") for word in ("ok", "wait", "bad")],
    *[("--ink", f"--{word}-wash") for word in ("ok", "wait", "bad", "accent")],
    ("--on-solid", "--solid"),
    ("--ink-3", "--accent-wash"),
    ("--ink-3", "--raised"),
]
BORDERS = [
    ("--line-2", "--surface"),
    ("--line-2", "--canvas"),
    ("--s1", "--canvas"),
    ("--accent", "--canvas"),
]
WRITTEN_BY_SCRIPTS = {"first", "toast", "small", "btn"}
WRITTEN_BY_HTMX = {"htmx-request", "htmx-added"}


def luminance(colour: tuple[float, ...]) -> float:
    lightness, a, b = colour[0] / 100, *(colour[1] * f(math.radians(colour[2])) for f in (math.cos, math.sin))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short
    clipped = [min(1.0, max(0.0, value)) for value in (red, green, blue)]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), clipped, strict=True))


def contrast(one: str, other: str, scheme: int) -> float:
    darker, lighter = sorted(luminance(TOKENS[name][scheme]) for name in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), TEXT)
def test_text_can_be_read(ink: str, paper: str, scheme: int) -> None:
    assert contrast(ink, paper, scheme) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "paper"), BORDERS)
def test_borders_of_controls_can_be_seen(line: str, paper: str, scheme: int) -> None:
    assert contrast(line, paper, scheme) >= 3


def test_the_formula_is_that_of_wcag() -> None:
    white, black = (100.0, 0.0, 0.0), (0.0, 0.0, 0.0)

    assert round((luminance(white) + 0.05) / (luminance(black) + 0.05), 2) == 21


def test_every_class_that_has_a_rule_is_used() -> None:
    without_strings = re.sub(r'"[^"]*"|/\*.*?\*/', "", CSS, flags=re.DOTALL)
    styled = set(re.findall(r"\.([a-z][a-z0-9-]*)", without_strings))

    html = "".join(environment().get_template(name).render(context) for name, context in PAGES.values())
    sources = html + "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    used = {
        word for value in re.findall(r'class="([^"]*)"', sources) for word in re.findall(r"[a-z0-9-]+", value)
    }
    used |= {word for value in re.findall(r'"([a-z -]+)"', sources) for word in value.split()}
    used |= WRITTEN_BY_SCRIPTS | WRITTEN_BY_HTMX

    ladder = {f"{letter}{digit}" for letter in "tu" for digit in range(11)}
    assert styled - used - ladder - {"woff2", "svg", "w3"} == set()
