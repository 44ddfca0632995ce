"""What benchmarks print: figures, and whether they are good enough."""

from __future__ import annotations

from collections.abc import Sequence


def show(name: str, said: str) -> None:
    """Print what is only to be known."""
    print(f"{name:28} {said}")  # noqa: T201 - a benchmark prints


def judge(name: str, value: float, unit: str, good: bool, demanded: str) -> bool:
    """Print a figure with what is demanded of it; answers whether it is met."""
    verdict = "good" if good else "TOO SLOW"
    show(name, f"{value:8.2f} {unit:2} {verdict} (demanded {demanded})")
    return good


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
