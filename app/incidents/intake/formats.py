"""How each format is read: by the door that it comes in by, and again when a delivery is replayed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from app.incidents import declared
from app.incidents.intake import alertmanager, cloudevents, grafana, mapping, pagerduty
from app.incidents.intake.receiving import Parts, Read, whole


class Format(NamedTuple):
    """How a body is taken apart, and how a part is read."""

    read: Read
    parts: Parts = whole


FORMATS: Mapping[str, Format] = {
    "alertmanager": Format(alertmanager.read),
    "grafana": Format(grafana.read),
    "pagerduty": Format(pagerduty.read),
    "cloudevents": Format(partial(cloudevents.read, None, ()), cloudevents.parts),
    "json": Format(partial(mapping.read, declared.DEFAULT), mapping.parts),
}
