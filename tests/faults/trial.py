"""A trial: alerts come in while harm is done; five minutes later, while it is done again, timers run out."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

import pytest

from app.incidents.rules import ACKNOWLEDGE_WITHIN
from tests.faults import harm as harms
from tests.faults.harm import Harm
from tests.faults.judge import COMMANDER, OPERATOR, Judge
from tests.faults.kit import Whole
from tests.faults.senders import Alert, send_all
from tests.faults.verdict import Verdict
from tests.patience import patience

# The first timer runs out this long after the harm has begun again.
LEAD = timedelta(seconds=0.3)
HARM_OUTLASTS_TIMERS = timedelta(seconds=1)
PATIENCE = timedelta(seconds=60)
LONG = 8
SLOWEST = 2.0
FIGURES = "figures"
_numbers = itertools.count(1)


@dataclass
class Trial:
    """Puts one Opsbook on trial, any number of times. `length` multiplies alerts and seconds."""

    whole: Whole
    length: int
    report: Callable[[str], None]

    @classmethod
    def of(cls, whole: Whole, request: pytest.FixtureRequest) -> Self:
        """Put on trial what a test has started; the figures are shown at the end of the run."""

        def report(figures: str) -> None:
            request.node.user_properties.append((FIGURES, figures))

        return cls(whole, LONG if request.config.getoption("--long") else 1, report)

    async def run(
        self,
        harm: Harm = harms.nothing,
        *,
        alerts: int = 24,
        copies: int = 1,
        over: timedelta = timedelta(seconds=1.5),
        tries: int = 1,
        escalates: bool = True,
        mends_between: bool = True,
    ) -> Verdict:
        """Send `alerts` at an even pace, in `copies` and disorder, and let all of them escalate.

        The harm ends when all are sent, and begins again for the timers; without `mends_between` it lasts.
        On a machine that is busy the pace is slower.
        """
        judge, number = Judge(self.whole), next(_numbers)
        sent = [Alert(f"alert-{number}-{one}") for one in range(alerts * self.length)]
        over *= self.length * min(patience(), SLOWEST)
        async with AsyncExitStack() as harmed:
            await harmed.enter_async_context(harm(self.whole))
            await send_all(
                self.whole, random.sample(sent * copies, len(sent) * copies), over=over, tries=tries
            )
            if mends_between:
                await harmed.aclose()
                await judge.rung(sent, OPERATOR, within=PATIENCE)
            if escalates:
                await self._escalate(judge, sent, harm if mends_between else harms.nothing, over)
        await judge.rung(sent, OPERATOR, within=PATIENCE)
        verdict = judge.verdict(sent, is_escalated=escalates)
        if not mends_between:  # five minutes were skipped while they waited
            verdict = replace(verdict, pages=[])
        self.report(str(verdict))
        return verdict

    async def _escalate(self, judge: Judge, sent: Sequence[Alert], harm: Harm, over: timedelta) -> None:
        """Move the clock to when the first timer is about to run out; the others follow as they were sent."""
        first = min((alert.taken.answered_at for alert in sent if alert.taken), default=self.whole.now())
        async with harm(self.whole):
            await self.whole.advance(first + ACKNOWLEDGE_WITHIN - LEAD - self.whole.now())
            await judge.rung(sent, COMMANDER, within=LEAD + over + HARM_OUTLASTS_TIMERS)
        await judge.rung(sent, COMMANDER, within=PATIENCE)
