"""What the senders posted about a plot, read by the same code that reads what comes in today."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from app.demo.history.plots import Plot
from app.demo.notification import Fault, Group
from app.demo.people import LEGACY
from app.incidents.intake import alertmanager
from app.incidents.intake import pagerduty as pagerduty_events
from app.incidents.intake.signals import AlertSignal
from app.outside.pagerduty import shapes
from app.security.permissions import Actor

# Alertmanager waits for more of a group before it speaks, and rules wait before they fire.
NOTICED_AFTER_SECONDS = (35, 95)
AT_ONCE = 2


class Posts:
    """The notifications about one plot."""

    def __init__(self, plot: Plot, rng: Random) -> None:
        self.plot = plot
        self._rng = rng
        self.title, self.found, self.fixed = plot.title, plot.found, plot.fixed
        self.is_declared = not plot.signs
        self.gets_worse = plot.worse is not None
        self.actor = Actor("source", plot.source.id, plot.source.name)

    def bodies(self, now: datetime) -> list[Sequence[AlertSignal]]:
        """Read the notifications in order: most alerts come with the first, the rest join a little later."""
        if self.is_declared:
            return [()]
        if self.plot.source is LEGACY:
            return [[self._event(now)]]
        starts_at = now - timedelta(seconds=self._rng.uniform(*NOTICED_AFTER_SECONDS))
        faults = [self._fault(number, sign) for number, sign in enumerate(self.plot.signs, start=1)]
        at_once = 1 if self.plot.worse else max(AT_ONCE, len(faults) - 1)
        parts = [faults[:at_once], faults[at_once:]]
        return [self._read(part, starts_at) for part in parts if part]

    def _fault(self, number: int, sign: str) -> Fault:
        plot = self.plot
        says = plot.worse if plot.worse and number > 1 else plot.says
        labels = {"instance": f"{plot.service}-{number}:9090", "severity": says}
        # An alert that comes alone names the incident.
        alone = number == 1 and (plot.worse is not None or len(plot.signs) == 1)
        return Fault(plot.title, labels, sign) if alone else Fault(sign, labels)

    def _read(self, faults: Sequence[Fault], starts_at: datetime) -> Sequence[AlertSignal]:
        plot = self.plot
        labels = {"alertname": plot.alertname, "service": plot.service, "scope": plot.scope}
        group = Group(plot.title, labels, ("alertname", "service"), faults)
        return alertmanager.read(group.body("firing", starts_at=starts_at))

    def _event(self, now: datetime) -> AlertSignal:
        plot = self.plot
        event = {
            "routing_key": "0" * 32,
            "event_action": "trigger",
            "dedup_key": f"{plot.service}/{plot.alertname}",
            "payload": {
                "summary": plot.title,
                "source": f"{plot.service}-1.example.com",
                "severity": plot.says,
                "timestamp": (now - timedelta(seconds=2)).isoformat(),
                "component": plot.service,
                "class": plot.alertname,
                "custom_details": {"scope": plot.scope, "check": plot.signs[0]},
            },
        }
        return pagerduty_events.signal(shapes.decode_event(json.dumps(event).encode()))
