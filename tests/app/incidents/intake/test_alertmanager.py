from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import InvalidInput
from app.incidents.intake import alertmanager
from app.incidents.words import AlertSeverity
from tests.app.incidents.world import notification


def read(**changes: Any) -> list[Any]:
    body = {**notification([("a1", "firing"), ("a2", "resolved")]), **changes}
    return alertmanager.read(json.dumps(body).encode())


def test_each_alert_is_a_signal_under_its_fingerprint() -> None:
    signals = read()

    assert [(one.action, one.dedup_key) for one in signals] == [("trigger", "a1"), ("resolve", "a2")]
    assert {one.group_key for one in signals} == {"{}:{job=checkout}"}


def test_an_alert_speaks_in_the_words_of_its_labels_and_annotations() -> None:
    first = read()[0]

    assert first.summary == "a1 does not answer"
    assert first.group_title == "The checkout does not answer"
    assert (first.origin, first.class_, first.severity) == ("a1", "CheckoutDown", AlertSeverity.CRITICAL)
    assert first.links == [{"href": "http://prometheus.example/graph", "text": "Source"}]


def test_a_group_of_one_is_titled_by_its_alert() -> None:
    signals = alertmanager.read(json.dumps(notification([("a1", "firing")])).encode())

    assert signals[0].group_title == "a1 does not answer"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"version": "3"}, ("version",)),
        ({"groupKey": ""}, ("groupKey",)),
        ({"alerts": []}, ("alerts",)),
        ({"status": "burning"}, ("status",)),
        ({"alerts": [{"status": "firing", "labels": {}, "startsAt": "now", "fingerprint": "a"}]},
         ("alerts", "0", "startsAt")),
        ({"alerts": [{"status": "firing", "labels": {}, "startsAt": "2026-01-31T09:30:00Z"}]},
         ("alerts", "0", "fingerprint")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_field(changes: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(**changes)

    assert refused.value.path[: len(path)] == path


def test_an_alert_without_a_name_still_has_words() -> None:
    body = notification([("a1", "firing")])
    body["alerts"][0] |= {"annotations": {}, "labels": {}}

    assert alertmanager.read(json.dumps(body).encode())[0].summary == "An alert without a name"
