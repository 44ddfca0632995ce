"""What became of the alerts of one trial, and whether that is what Opsbook promises."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.senders import Try
from tests.patience import patience


@dataclass(frozen=True)
class Verdict:
    """Found from outside. Latenesses are in seconds, sorted; repeats are calls under a key that had left."""

    alerts: int
    tries: int
    refused: Sequence[Try]
    untaken: Sequence[str]
    lost: Sequence[str]
    doubled: Sequence[str]
    early: Sequence[str]
    repeats: int
    quickest_repeat: float
    pages: Sequence[float]
    escalations: Sequence[float]
    deaths: Sequence[str]
    complaints: Sequence[str]

    def hold(
        self,
        *,
        refused: float = 0.0,
        page_p99: float = math.inf,
        page_within: float = math.inf,
        escalation_within: float = math.inf,
    ) -> None:
        """Fail if anything was lost, doubled or early, if a process died or logged an error, or came late.

        `refused` is a share of all tries, the other limits are seconds on a machine that is not busy.
        """
        assert [*self.lost, *self.doubled, *self.early] == [], self
        assert [*self.deaths, *self.complaints] == [], "\n".join([*self.deaths, *self.complaints])
        assert len(self.refused) <= refused * self.tries * _allowance(), self
        assert at(self.pages, 0.99) <= page_p99 * _allowance(), self
        assert at(self.pages, 1) <= page_within * _allowance(), self
        assert at(self.escalations, 1) <= escalation_within * _allowance(), self

    def __str__(self) -> str:
        counts = f"{self.alerts} | {len(self.refused)}/{self.tries} | {len(self.lost)} | {len(self.early)}"
        return (
            f"{counts} | {len(self.doubled)} | {self.repeats} | {_figures(self.pages)}"
            f" | {_figures(self.escalations)}"
        )


def _allowance() -> float:
    """How many times longer things may take: those who hand a page on wait for a processor one by one."""
    return 1 + 2 * (patience() - 1)


def at(seconds: Sequence[float], share: float) -> float:
    """The value that this share of all does not exceed; 0 when there is none."""
    return seconds[math.ceil(share * len(seconds)) - 1] if seconds else 0.0


def _figures(seconds: Sequence[float]) -> str:
    return " ".join(f"{at(seconds, share):.2f}" for share in (0.5, 0.99, 1)) if seconds else "-"
