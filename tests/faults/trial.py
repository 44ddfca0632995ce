"""A trial: alerts come in while harm is done; five minutes later, while it is done again, timers run out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.incidents.rules import ACKNOWLEDGE_WITHIN
from tests.busy import patience
from tests.faults import harm as harms
from tests.faults.harm import Harm
from tests.faults.judge import COMMANDER, OPERATOR, Judge
from tests.faults.kit import Whole
from tests.faults.senders import Alert, send_all
from tests.faults.verdict import Verdict

# The first timer runs out this long after the harm has begun again.
LEAD = timedelta(seconds=0.3)
HARM_OUTLASTS_TIMERS = timedelta(seconds=1)
PATIENCE = timedelta(seconds=60)
_numbers = itertools.count(1)


@dataclass
class Trial:
    """Puts one Opsbook on trial, any number of times. `length` multiplies alerts and seconds."""

    whole: Whole
    length: int
    report: Callable[[str], None]

    async def run(
        self,
        harm: Harm = harms.nothing,
        *,
        alerts: int = 30,
        over: timedelta = timedelta(seconds=2),
        tries: int = 1,
        escalates: bool = True,
    ) -> Verdict:
        """Send `alerts` at an even pace, each `tries` times at most, and let all of them escalate.

        On a machine that is busy the pace is slower.
        """
        judge, number = Judge(self.whole), next(_numbers)
        sent = [Alert(f"alert-{number}-{one}") for one in range(alerts * self.length)]
        over *= self.length * patience()
        async with harm(self.whole):
            await send_all(self.whole, sent, over=over, tries=tries)
        await judge.rung(sent, OPERATOR, within=PATIENCE)
        if escalates:
            await self._escalate(judge, sent, harm, over)
        verdict = judge.verdict(sent, is_escalated=escalates)
        self.report(str(verdict))
        return verdict

    async def _escalate(self, judge: Judge, sent: Sequence[Alert], harm: Harm, over: timedelta) -> None:
        """Move the clock to when the first timer is about to run out; the others follow as they were sent."""
        first = min(alert.taken.answered_at for alert in sent if alert.taken)
        async with harm(self.whole):
            await self.whole.advance(first + ACKNOWLEDGE_WITHIN - LEAD - self.whole.now())
            await judge.rung(sent, COMMANDER, within=LEAD + over + HARM_OUTLASTS_TIMERS)
        await judge.rung(sent, COMMANDER, within=PATIENCE)
