"""Judges Opsbook from outside: by what senders were answered, and by what PagerDuty's stand-in rang."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from app.demo.pagerduty.account import Notification
from app.demo.pagerduty.stand_in import Call
from app.incidents.rules import ACKNOWLEDGE_WITHIN
from tests.faults import names
from tests.faults.kit import Whole
from tests.faults.senders import Alert, Try
from tests.faults.verdict import Verdict

OPERATOR, COMMANDER = "operator", "commander"
Rings = Mapping[str, Sequence[Notification]]


class Judge:
    """Looks at one Opsbook from now on; what its processes did before is somebody else's."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole
        self._deaths = {name: len(one.died_alone) for name, one in whole.processes.items()}
        self._complaints = {name: len(one.complaints()) for name, one in whole.processes.items()}

    async def rung(self, alerts: Sequence[Alert], role: str, *, within: timedelta) -> bool:
        """Wait until every alert that was answered 2xx has rung somebody of this role; says whether so."""
        rang = asyncio.Event()
        self._whole.pagerduty.account.on_ring.append(rang.set)
        try:
            async with asyncio.timeout(within.total_seconds()):
                while self._missing(alerts, role):
                    await rang.wait()
                    rang.clear()
        except TimeoutError:
            return False
        finally:
            self._whole.pagerduty.account.on_ring.remove(rang.set)
        return True

    def verdict(self, alerts: Sequence[Alert], *, is_escalated: bool) -> Verdict:
        """Say what became of them."""
        roles = (OPERATOR, COMMANDER) if is_escalated else (OPERATOR,)
        tries = [one for alert in alerts for one in alert.tries]
        keys = self._keys({alert.name for alert in alerts})
        return Verdict(
            alerts=len(alerts),
            tries=len(tries),
            refused=[one for one in tries if not one.is_taken],
            untaken=[alert.name for alert in alerts if not alert.taken],
            lost=[f"{role} of {name}" for role in roles for name in self._missing(alerts, role)],
            doubled=[
                *self._rang_twice(alerts),
                *(f"{one} has two keys" for one in keys if len(set(keys[one])) > 1),
            ],
            early=list(self._early(alerts)),
            repeats=sum(len(given) - 1 for given in keys.values()),
            quickest_repeat=min(self._pauses({alert.name for alert in alerts}), default=math.inf),
            pages=_late(alerts, self._rings(OPERATOR), lambda taken: taken.sent_at),
            escalations=_late(
                alerts, self._rings(COMMANDER), lambda taken: taken.answered_at + ACKNOWLEDGE_WITHIN
            ),
            deaths=list(self._died_alone()),
            complaints=list(self._complained()),
        )

    def _missing(self, alerts: Iterable[Alert], role: str) -> list[str]:
        rings = self._rings(role)
        return [alert.name for alert in alerts if alert.taken and alert.name not in rings]

    def _rings(self, role: str) -> Rings:
        rings: dict[str, list[Notification]] = defaultdict(list)
        crowds = {one.dedup_key: names.called(one.body) for one in self._whole.pagerduty.calls if _rings(one)}
        for one in self._whole.pagerduty.account.notifications:
            if one.role == role:
                for name in crowds.get(one.dedup_key) or [names.first(one.title)]:
                    rings[name].append(one)
        return dict(rings)

    def _rang_twice(self, alerts: Sequence[Alert]) -> Iterator[str]:
        for role in (OPERATOR, COMMANDER):
            rings = self._rings(role)
            yield from (f"{role} of {one.name}" for one in alerts if len(rings.get(one.name, ())) > 1)

    def _early(self, alerts: Sequence[Alert]) -> Iterator[str]:
        rings = self._rings(COMMANDER)
        for alert in alerts:
            due = alert.tries[0].sent_at + ACKNOWLEDGE_WITHIN
            yield from (f"{alert.name} at {one.at}" for one in rings.get(alert.name, ()) if one.at < due)

    def _keys(self, wanted: set[str]) -> dict[tuple[str | None, str], list[str | None]]:
        """The keys of all calls that were to ring, by role and alert."""
        return {one: [call.dedup_key for call in calls] for one, calls in self._calls(wanted).items()}

    def _pauses(self, wanted: set[str]) -> Iterator[float]:
        """The seconds between a call and its repeat."""
        for calls in self._calls(wanted).values():
            yield from ((later.at - call.at).total_seconds() for call, later in pairwise(calls))

    def _calls(self, wanted: set[str]) -> Mapping[tuple[str | None, str], Sequence[Call]]:
        """All calls that were to ring, by role and alert."""
        calls: dict[tuple[str | None, str], list[Call]] = defaultdict(list)
        for call in filter(_rings, self._whole.pagerduty.calls):
            for name in wanted.intersection(names.called(call.body)):
                calls[call.role, name].append(call)
        return calls

    def _died_alone(self) -> Iterator[str]:
        for name, one in self._whole.processes.items():
            yield from (f"{name} ended with {code}" for code in one.died_alone[self._deaths[name] :])

    def _complained(self) -> Iterator[str]:
        for name, one in self._whole.processes.items():
            yield from one.complaints()[self._complaints[name] :]


def _rings(call: Call) -> bool:
    return call.action == "trigger"


def _late(alerts: Iterable[Alert], rings: Rings, due: Callable[[Try], datetime]) -> list[float]:
    """How many seconds after it was due each first ring came, sorted."""
    return sorted(
        max((rings[alert.name][0].at - due(alert.taken)).total_seconds(), 0.0)
        for alert in alerts
        if alert.taken and alert.name in rings
    )
