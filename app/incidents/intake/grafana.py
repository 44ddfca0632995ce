"""Grafana's unified alerting, webhook payload version 1: Alertmanager's, with links and values.

Source: Grafana documentation, "Configure webhook notifications", "Webhook JSON payload".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from app.incidents.intake import alertmanager
from app.incidents.intake.signals import AlertSignal
from app.outside import bodies

MAX_VALUES_TEXT = 4096


class Alert(alertmanager.Alert, kw_only=True, rename="camel"):
    """One alert of a group, with where it can be looked at and what was measured."""

    silence_url: str = msgspec.field(default="", name="silenceURL")
    dashboard_url: str = msgspec.field(default="", name="dashboardURL")
    panel_url: str = msgspec.field(default="", name="panelURL")
    image_url: str = msgspec.field(default="", name="imageURL")
    values: dict[str, Any] | None = None
    value_string: str = ""


class Notification(alertmanager.Group, kw_only=True, rename="camel"):
    """One delivery: all alerts of one group, as they stand."""

    version: Literal["1"]
    alerts: Annotated[list[Alert], Meta(min_length=1)]


def read(body: bytes) -> list[AlertSignal]:
    """Turn a notification into one signal per alert.

    Raises: InvalidInput, whose `path` names the field.
    """
    notification = bodies.decode(body, Notification)
    title = alertmanager.group_title(notification, notification.alerts)
    return [_signal(notification, alert, title) for alert in notification.alerts]


def _signal(notification: Notification, alert: Alert, title: str) -> AlertSignal:
    said = alertmanager.signal(notification, alert, title, sender="grafana")
    measured = {"values": alert.values or {}, "value_string": alert.value_string[:MAX_VALUES_TEXT]}
    return replace(said, links=list(_links(alert)), custom_details={**said.custom_details, **measured})


def _links(alert: Alert) -> Iterator[dict[str, str]]:
    for href, text in (
        (alert.dashboard_url, "Dashboard"),
        (alert.panel_url, "Panel"),
        (alert.generator_url, "Rule"),
        (alert.silence_url, "Silence"),
        (alert.image_url, "Picture"),
    ):
        if href:
            yield {"href": href, "text": text}
