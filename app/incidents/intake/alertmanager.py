"""Prometheus Alertmanager's webhook, payload version 4.

Source: Prometheus documentation, Alertmanager configuration, `<webhook_config>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from app.incidents import rules
from app.incidents.intake.signals import AlertSignal
from app.outside import bodies

MAX_TEXT = 1024
Labels = dict[str, str]


class Alert(msgspec.Struct, kw_only=True, rename="camel"):
    """One alert of a group."""

    status: Literal["firing", "resolved"]
    labels: Labels
    annotations: Labels = {}
    starts_at: datetime
    generator_url: str = msgspec.field(default="", name="generatorURL")
    fingerprint: Annotated[str, Meta(min_length=1, max_length=255)]


class Group(msgspec.Struct, kw_only=True, rename="camel"):
    """What Alertmanager and its kin say of a group beside its alerts."""

    group_key: Annotated[str, Meta(min_length=1)]
    status: Literal["firing", "resolved"]
    receiver: str = ""
    group_labels: Labels = {}
    common_labels: Labels = {}
    common_annotations: Labels = {}
    external_url: str = msgspec.field(default="", name="externalURL")
    truncated_alerts: Annotated[int, Meta(ge=0)] = 0


class Notification(Group, kw_only=True, rename="camel"):
    """One delivery: all alerts of one group, as they stand."""

    version: Literal["4"]
    alerts: Annotated[list[Alert], Meta(min_length=1)]


def read(body: bytes) -> list[AlertSignal]:
    """Turn a notification into one signal per alert.

    Raises: InvalidInput, whose `path` names the field.
    """
    notification = bodies.decode(body, Notification)
    title = group_title(notification, notification.alerts)
    return [signal(notification, alert, title) for alert in notification.alerts]


def signal(group: Group, alert: Alert, title: str, *, sender: str = "alertmanager") -> AlertSignal:
    """Say of one alert what its labels and annotations say."""
    return AlertSignal(
        action="trigger" if alert.status == "firing" else "resolve",
        dedup_key=alert.fingerprint,
        group_key=group.group_key,
        group_title=title,
        summary=_summary(alert.annotations, alert.labels)[:MAX_TEXT],
        origin=alert.labels.get("instance") or group.external_url or sender,
        severity=rules.severity_of(alert.labels),
        occurred_at=alert.starts_at,
        component=alert.labels.get("service") or alert.labels.get("job"),
        group=alert.labels.get("cluster") or alert.labels.get("namespace"),
        class_=alert.labels.get("alertname"),
        labels=alert.labels,
        custom_details={"labels": alert.labels, "annotations": alert.annotations},
        links=[{"href": alert.generator_url, "text": "Source"}] if alert.generator_url else [],
        left_out=group.truncated_alerts,
    )


def group_title(group: Group, alerts: Sequence[Alert]) -> str:
    """Name a group by what its alerts have in common, or by the only one that it has."""
    if len(alerts) == 1:
        return _summary(alerts[0].annotations, alerts[0].labels)[:MAX_TEXT]
    return _summary(group.common_annotations, group.common_labels or group.group_labels)[:MAX_TEXT]


def _summary(annotations: Labels, labels: Labels) -> str:
    for name in ("summary", "title", "message", "description"):
        if text := " ".join(annotations.get(name, "").split()):
            return text
    return labels.get("alertname") or "An alert without a name"
