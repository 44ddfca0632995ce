"""What Alertmanager posts for a group of alerts, for the past and for the outage that the visitor watches.

Source: Prometheus documentation, Alertmanager configuration, `<webhook_config>`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Status = Literal["firing", "resolved"]
NEVER = "0001-01-01T00:00:00Z"  # how Go writes a moment that has not come
EXTERNAL_URL = "http://alertmanager.example.com"


@dataclass(frozen=True, slots=True)
class Fault:
    """One alert of a group: the labels that set it apart, and what it says."""

    summary: str
    labels: Mapping[str, str]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts that arrive together. `labels` are common to all of them; `by` are those they are grouped by."""

    title: str
    labels: Mapping[str, str]
    by: tuple[str, ...]
    faults: Sequence[Fault]

    @property
    def key(self) -> str:
        """Alertmanager's name of the group."""
        matched = ", ".join(f'{name}="{self.labels[name]}"' for name in sorted(self.by))
        return f"{{}}:{{{matched}}}"

    def body(
        self,
        status: Status,
        *,
        starts_at: datetime,
        ends_at: datetime | None = None,
        faults: Sequence[Fault] | None = None,
    ) -> bytes:
        """Write the notification about `faults`, or about all."""
        shown = self.faults if faults is None else faults
        alerts = [self._alert(one, status, starts_at, ends_at) for one in shown]
        notification = {
            "version": "4",
            "groupKey": self.key,
            "truncatedAlerts": 0,
            "status": status,
            "receiver": "opsbook",
            "groupLabels": {name: self.labels[name] for name in self.by},
            "commonLabels": _common([alert["labels"] for alert in alerts]),
            "commonAnnotations": _common([alert["annotations"] for alert in alerts]),
            "externalURL": EXTERNAL_URL,
            "alerts": alerts,
        }
        return json.dumps(notification, ensure_ascii=False).encode()

    def _alert(
        self, fault: Fault, status: Status, starts_at: datetime, ends_at: datetime | None
    ) -> dict[str, Any]:
        labels = {**self.labels, **fault.labels}
        annotations = {"title": self.title, "summary": fault.summary, "description": fault.description}
        return {
            "status": status,
            "labels": labels,
            "annotations": {name: text for name, text in annotations.items() if text},
            "startsAt": starts_at.isoformat(),
            "endsAt": ends_at.isoformat() if ends_at else NEVER,
            "generatorURL": f"http://prometheus.example.com/graph?g0.expr={labels['alertname']}",
            "fingerprint": fingerprint(labels),
        }


def fingerprint(labels: Mapping[str, str]) -> str:
    """Name an alert by its labels: 16 hexadecimal signs, the same for the same labels."""
    canonical = json.dumps(dict(labels), sort_keys=True).encode()
    return hashlib.sha256(canonical).hexdigest()[:16]


def _common(several: Sequence[Mapping[str, str]]) -> dict[str, str]:
    first = several[0]
    return {name: text for name, text in first.items() if all(one.get(name) == text for one in several)}
