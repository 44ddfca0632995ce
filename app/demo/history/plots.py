"""What goes wrong in the demo's company; the plots themselves are in `plots.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.demo.people import SOURCES, Source
from app.incidents.words import Severity

PLOTS: Final = Path(__file__).with_name("plots.toml")
SENDERS: Final = {source.name: source for source in SOURCES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One way to fail, with its alerts, its cause and its end."""

    title: str
    service: str
    found: str
    fixed: str
    says: str = "error"
    worse: str | None = None
    scope: str = "feature"
    sender: str = "prometheus"
    signs: tuple[str, ...] = ()
    by_deploy: bool = False
    affected: str = ""
    noticed: str = ""

    @property
    def source(self) -> Source:
        """Who sends the alerts."""
        return SENDERS[self.sender]

    @property
    def alertname(self) -> str:
        """The name of the alerting rule."""
        words = "".join(sign if sign.isalnum() else " " for sign in self.title).split()
        return "".join(word.capitalize() for word in words[:4])


def read() -> dict[Severity, tuple[Plot, ...]]:
    """Read all plots by how bad they are."""
    found = tomllib.loads(PLOTS.read_text(encoding="utf-8"))
    return {severity: tuple(_plot(entry) for entry in found[severity]) for severity in Severity}


def _plot(entry: dict[str, object]) -> Plot:
    signs = entry.get("signs", ())
    return Plot(**{**entry, "signs": tuple(signs)})  # type: ignore[arg-type] # the file is ours, a test reads it
