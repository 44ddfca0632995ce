"""Prometheus Alertmanager's webhook, payload version 4.

Source: Prometheus documentation, Alertmanager configuration, `<webhook_config>`.
"""

from __future__ import annotations

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


class Notification(msgspec.Struct, kw_only=True, rename="camel"):
    """One delivery: all alerts of one group, as they stand."""

    version: Literal["4"]
    group_key: Annotated[str, Meta(min_length=1)]
    status: Literal["firing", "resolved"]
    receiver: str = ""
    group_labels: Labels = {}
    common_labels: Labels = {}
    common_annotations: Labels = {}
    external_url: str = msgspec.field(default="", name="externalURL")
    alerts: Annotated[list[Alert], Meta(min_length=1)]


def read(body: bytes) -> list[AlertSignal]:
    """Turn a notification into one signal per alert.

    Raises: InvalidInput, whose `path` names the field.
    """
    notification = bodies.decode(body, Notification)
    title = _group_title(notification)
    return [_signal(notification, alert, title) for alert in notification.alerts]


def _signal(notification: Notification, alert: Alert, title: str) -> AlertSignal:
    return AlertSignal(
        action="trigger" if alert.status == "firing" else "resolve",
        dedup_key=alert.fingerprint,
        group_key=notification.group_key,
        group_title=title,
        summary=_summary(alert.annotations, alert.labels)[:MAX_TEXT],
        origin=alert.labels.get("instance") or notification.external_url or "alertmanager",
        severity=rules.severity_of(alert.labels),
        occurred_at=alert.starts_at,
        component=alert.labels.get("service") or alert.labels.get("job"),
        group=alert.labels.get("cluster") or alert.labels.get("namespace"),
        class_=alert.labels.get("alertname"),
        labels=alert.labels,
        custom_details={"labels": alert.labels, "annotations": alert.annotations},
        links=[{"href": alert.generator_url, "text": "Source"}] if alert.generator_url else [],
    )


def _group_title(notification: Notification) -> str:
    labels = notification.common_labels or notification.group_labels
    if len(notification.alerts) == 1:
        labels = notification.alerts[0].labels
        return _summary(notification.alerts[0].annotations, labels)[:MAX_TEXT]
    return _summary(notification.common_annotations, labels)[:MAX_TEXT]


def _summary(annotations: Labels, labels: Labels) -> str:
    for name in ("summary", "title", "message", "description"):
        if text := " ".join(annotations.get(name, "").split()):
            return text
    return labels.get("alertname") or "An alert without a name"
