from __future__ import annotations

import time

import pytest

from app.errors import InvalidInput
from app.incidents.rules import Verdict
from app.incidents.silences import matching
from app.incidents.silences.matching import Active
from app.incidents.words import Severity

FACTS = matching.facts(
    source="prometheus",
    severity="warning",
    labels={"service": "checkout-eu", "region": "eu", "scope": "payments"},
    fields={"component": "api", "group": None, "class": "Latency", "origin": "node-1", "summary": "Slow"},
)


@pytest.mark.parametrize(
    "line",
    [
        "region = eu",
        "region in us, eu",
        "service ~ checkout-.*",
        "service =~ (checkout|cart)-[a-z]{2}",
        "source = prometheus",
        "severity in warning, info",
        "scope = monetisation",
        "class = Latency",
        "summary = Slow",
    ],
)
def test_a_condition_fits_what_an_alert_says(line: str) -> None:
    assert matching.fits(matching.read([line]), FACTS)


@pytest.mark.parametrize(
    "line",
    ["region = EU", "region in us, asia", "service ~ checkout", "job = checkout", "component ~ ap", "x ~ .+"],
)
def test_a_condition_fits_nothing_else(line: str) -> None:
    assert not matching.fits(matching.read([line]), FACTS)


def test_all_conditions_must_fit() -> None:
    assert not matching.fits(matching.read(["region = eu", "service = cart"]), FACTS)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["", " "],
        ["region"],
        ["= eu"],
        ["region ="],
        ["service ~ (checkout"],
        [r"service ~ (a)\1"],
        ["service ~ (?=a)"],
        ["region = " + "x" * 500],
        ["region = eu"] * 11,
        ["region = e\x00u"],
    ],
)
def test_what_is_no_condition_is_refused(lines: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        matching.read(lines)

    assert refused.value.path == ("matchers",)


def test_no_pattern_runs_away() -> None:
    lines = matching.read(["summary ~ (a*)*b", "summary ~ (a|a)*c", "summary ~ .*.*.*.*.*.*x"])

    begun = time.perf_counter()
    found = [matching.fits([line], {"summary": "a" * 1024}) for line in lines]

    assert found == [False, False, False]
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize(
    ("severity", "includes_s0", "hushed"), [("S0", False, False), ("S0", True, True), ("S1", False, True)]
)
def test_an_s0_pierces_what_was_not_made_for_it(severity: str, includes_s0: bool, hushed: bool) -> None:
    silence = Active(1, ["region = eu"], includes_s0)

    assert silence.hushes(FACTS, Verdict(Severity(severity), "r", "why")) is hushed


def test_what_is_kept_reads_as_it_was_written() -> None:
    kept = matching.read(["  service   =~ checkout-.* ", "region in eu,us"])

    assert kept == ["service ~ checkout-.*", "region in eu,us"]
    assert matching.read(kept) == kept
