"""What every format of alerts becomes: one signal per alert, in the words of PagerDuty's Events API."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from app.incidents.words import AlertSeverity


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSignal:
    """A sender says that something is wrong, is known, or is over.

    `dedup_key` names the alert and `group_key` the incident it belongs to. `labels` are what rules look at.
    `left_out` is how many more alerts of the group the sender did not send.
    """

    action: Literal["trigger", "acknowledge", "resolve"]
    dedup_key: str
    group_key: str
    group_title: str = ""
    summary: str = ""
    origin: str = ""
    severity: AlertSeverity = AlertSeverity.ERROR
    occurred_at: datetime | None = None
    component: str | None = None
    group: str | None = None
    class_: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    custom_details: dict[str, Any] = field(default_factory=dict)
    links: list[Any] = field(default_factory=list)
    left_out: int = 0
