from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.incidents import declared, rules
from app.incidents.intake import mapping
from app.incidents.intake.signals import AlertSignal
from app.incidents.words import AlertScope, AlertSeverity

BODY: dict[str, Any] = {
    "alert": {"name": "The disk\nis full", "uid": 7, "level": "P1", "state": "Alarm", "area": "platform"},
    "hosts": ["db-1", "db-2"],
    "at": "2026-01-31T10:30:00+01:00",
    "url": "https://monitor.example/7",
}
TOLD: dict[str, Any] = {
    "summary": "alert.name",
    "dedup_key": "alert.uid",
    "severity": "alert.level",
    "status": "alert.state",
    "scope": "alert.area",
    "source": "hosts.0",
    "component": "=storage",
    "timestamp": "at",
    "link": "url",
    "severity_words": {"p1": "critical", "P0": "S0"},
    "status_words": {"Fine": "resolve"},
}


def read(body: Any = None, **changes: Any) -> list[AlertSignal]:
    how = declared.declared({**TOLD, **changes})
    return mapping.read(how, json.dumps(BODY if body is None else body).encode())


def alert(**changes: Any) -> dict[str, Any]:
    return {**BODY, "alert": {**BODY["alert"], **changes}}


def test_each_part_of_an_alert_is_read_where_the_source_says() -> None:
    (one,) = read()

    assert (one.action, one.dedup_key, one.group_key, one.summary) == (
        "trigger",
        "7",
        "7",
        "The disk is full",
    )
    assert (one.origin, one.component, one.links) == ("db-1", "storage", [{"href": BODY["url"]}])
    assert (one.severity, rules.scope_of(one.labels)) == (AlertSeverity.CRITICAL, AlertScope.PLATFORM)
    assert one.occurred_at is not None
    assert one.occurred_at.isoformat() == "2026-01-31T09:30:00+00:00"


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("fine", "resolve"),
        ("Resolved", "resolve"),
        ("acked", "acknowledge"),
        ("alarm", "trigger"),
        ("whatever", "trigger"),
    ],
)
def test_a_word_for_the_status_means_what_its_table_says_else_an_alert(state: str, action: str) -> None:
    assert read(alert(state=state))[0].action == action


@pytest.mark.parametrize(
    ("level", "severity", "verdict"),
    [("P1", "critical", "S0"), ("p0", "error", "S0"), ("warning", "warning", "S2"), ("P9", "error", "S1")],
)
def test_a_word_for_the_severity_means_what_its_table_says_else_an_error(
    level: str, severity: str, verdict: str
) -> None:
    (one,) = read(alert(level=level))

    assert one.severity == severity
    assert rules.classify(one.severity, one.labels).severity == verdict


def test_what_is_over_needs_no_words() -> None:
    (one,) = read({"alert": {"uid": "7", "state": "ok"}})

    assert (one.action, one.dedup_key) == ("resolve", "7")


def test_a_list_is_an_alert_for_each_entry() -> None:
    items = [alert(uid="a"), alert(uid="b")]

    bare, within = read(items), read({"data": {"alerts": items}}, items="data.alerts")

    assert [one.dedup_key for one in bare] == [one.dedup_key for one in within] == ["a", "b"]


def test_alerts_with_one_group_share_an_incident() -> None:
    assert read(group_key="hosts.1")[0].group_key == "db-2"


@pytest.mark.parametrize("value", [True, 7, 7.5, " 7 "])
def test_a_number_is_read_as_text(value: Any) -> None:
    assert read(alert(uid=value))[0].dedup_key == json.dumps(value).strip('" ')


def test_a_long_key_is_shortened_to_one_of_its_own() -> None:
    first, second = [read(alert(uid="k" * number))[0].dedup_key for number in (256, 257)]

    assert (len(first), first != second) == (64, True)


@pytest.mark.parametrize(
    ("body", "changes", "path"),
    [
        ({"alert": {"uid": 1, "state": "x"}}, {}, ("alert", "name")),
        (alert(name=""), {}, ("alert", "name")),
        (alert(name=None), {}, ("alert", "name")),
        (alert(name={"a": 1}), {}, ("alert", "name")),
        ([BODY, alert(level=[])], {}, ("1", "alert", "level")),
        (BODY, {"source": "hosts.2"}, ("hosts", "2")),
        (BODY, {"source": "hosts.first"}, ("hosts", "first")),
        (BODY, {"source": "url.0"}, ("url", "0")),
        (BODY, {"timestamp": "url"}, ("url",)),
        (BODY, {"items": "alert"}, ("alert",)),
        (BODY, {"items": "alerts"}, ("alerts",)),
        ("text", {}, ("alert", "uid")),
    ],
)
def test_a_body_that_cannot_be_read_names_the_path(
    body: Any, changes: dict[str, Any], path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(body, **changes)

    assert refused.value.path == path


def test_a_path_with_a_question_mark_may_lead_nowhere() -> None:
    (one,) = read(component="host.name?", scope="alert.scope?", timestamp="when?", link="alert.url?")

    assert (one.component, one.occurred_at, one.links) == (None, None, [])


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"summary": ""}, ("mapping", "summary")),
        ({"dedup_key": "="}, ("mapping", "dedup_key")),
        ({"severity": "alert..level"}, ("mapping", "severity")),
        ({"severity": ".level"}, ("mapping", "severity")),
        ({"severity": "a.b.c.d.e.f.g.h.i.j.k"}, ("mapping", "severity")),
        ({"severity": 7}, ("mapping", "severity")),
        ({"title": "alert.name"}, ("mapping", "title")),
        ({"severity_words": {"P1": "dreadful"}}, ("mapping", "severity_words")),
        ({"status_words": ["P1"]}, ("mapping", "status_words")),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(changes: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        declared.declared({**TOLD, **changes})

    assert refused.value.path[: len(path)] == path


PIECES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["alert", "name", "uid", "hosts", "at"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PIECES)
def test_no_body_is_too_odd_to_be_read_or_refused(body: Any) -> None:
    with suppress(InvalidInput):
        assert all(one.dedup_key for one in read(body))
