from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import InvalidInput
from app.incidents.intake import grafana
from app.incidents.words import AlertSeverity
from tests.app.incidents.world import World, notification

pytestmark = pytest.mark.anyio
GRAFANA = "https://grafana.example"
WHERE = {
    "generatorURL": f"{GRAFANA}/alerting/grafana/abc/view",
    "dashboardURL": f"{GRAFANA}/d/checkout",
    "panelURL": f"{GRAFANA}/d/checkout?viewPanel=4",
    "silenceURL": f"{GRAFANA}/alerting/silence/new",
    "imageURL": "",
    "values": {"B": 44.2, "C": 1},
    "valueString": "[ var='B' labels={instance=a1} value=44.2 ]",
}


def body(*alerts: tuple[str, str], **changes: Any) -> dict[str, Any]:
    """Write what Grafana sends: Alertmanager's notification under another version, and more."""
    told = notification(alerts)
    told["alerts"] = [{**alert, **WHERE} for alert in told["alerts"]]
    own = {"version": "1", "orgId": 1, "title": "[FIRING:1]", "state": "alerting", "truncatedAlerts": 0}
    return {**told, **own, **changes}


def read(**changes: Any) -> list[Any]:
    told = body(("a1", "firing"), ("a2", "resolved"), **changes)
    return grafana.read(json.dumps(told).encode())


def test_each_alert_is_a_signal_under_its_fingerprint() -> None:
    signals = read()

    assert [(one.action, one.dedup_key) for one in signals] == [("trigger", "a1"), ("resolve", "a2")]
    assert {one.group_key for one in signals} == {"{}:{job=checkout}"}
    assert (signals[0].summary, signals[0].severity) == ("a1 does not answer", AlertSeverity.CRITICAL)


def test_an_alert_is_linked_to_where_it_can_be_looked_at() -> None:
    first = read()[0]

    assert [link["text"] for link in first.links] == ["Dashboard", "Panel", "Rule", "Silence"]
    assert first.links[0]["href"] == f"{GRAFANA}/d/checkout"


def test_what_was_measured_is_kept() -> None:
    details = read()[0].custom_details

    assert details["values"] == {"B": 44.2, "C": 1}
    assert details["value_string"].startswith("[ var='B'")
    assert details["labels"]["scope"] == "payments"


def test_an_alert_without_data_has_no_values() -> None:
    told = body(("a1", "firing"))
    told["alerts"][0] |= {"values": None}

    assert grafana.read(json.dumps(told).encode())[0].custom_details["values"] == {}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"version": "4"}, ("version",)),
        ({"groupKey": ""}, ("groupKey",)),
        ({"alerts": []}, ("alerts",)),
        ({"truncatedAlerts": -1}, ("truncatedAlerts",)),
        ({"alerts": [{"status": "firing", "labels": {}}]}, ("alerts", "0", "startsAt")),
    ],
)
def test_what_is_wrong_is_named_by_its_field(changes: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(**changes)

    assert refused.value.path == path


async def test_what_was_left_out_of_a_group_stands_on_its_timeline(world: World) -> None:
    key = await world.source("grafana")

    for _ in range(3):
        await world.receive(key, body(("a1", "firing"), truncatedAlerts=15), sends="grafana")
    await world.receive(key, body(("a1", "firing"), ("a2", "firing"), truncatedAlerts=14), sends="grafana")

    said = "select text from incident_event where kind = 'alerts_left_out' order by seq"
    first, second = await world.column(said)
    assert first.startswith("grafana left 15 more alerts of this group out")
    assert "14 more" in second
    assert await world.column("select count from alert order by dedup_key") == [4, 1]


async def test_alertmanager_says_so_too(world: World) -> None:
    key = await world.source("alertmanager")
    told = {**notification([("a1", "firing")]), "truncatedAlerts": 3}

    await world.receive(key, told, sends="alertmanager")

    assert "alerts_left_out" in await world.kinds(1)
