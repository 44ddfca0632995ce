from __future__ import annotations

from typing import Any

import pytest

from app.errors import InvalidInput, InvalidTransition
from app.incidents import resolution, rules, severity
from app.incidents.words import AlertSeverity, Severity
from tests.app.incidents.world import World, notification

pytestmark = pytest.mark.anyio

DECISIONS = "select from_severity, to_severity, rule, decided_by from severity_decision order by id"
EVIDENCE = (
    "select to_severity, rule_version, evidence from severity_decision where rule <> 'person' order by id"
)


async def change(world: World, number: int, to: Severity, **options: Any) -> None:
    await world.do(severity.change, world.olive, number, severity=to, reason="As I see it", **options)


async def test_every_decision_is_stored_with_its_reason(world: World) -> None:
    key = await world.source()
    await world.fire(key, severity="error", **{"class": "feature"})

    await change(world, 1, Severity.S3)

    assert await world.rows(DECISIONS) == [
        (None, "S2", "matrix-error-feature", "pagerduty"),
        ("S2", "S3", "person", "Olive"),
    ]


async def test_a_decision_run_again_on_its_evidence_gives_the_same(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    mild = [(f"fp{number}", "firing") for number in range(30)]
    body = notification(mild, scope="feature", severity="warning")
    body["alerts"][-1]["labels"] = {"severity": "critical", "scope": "platform"}
    await world.receive(key, body, sends=sends)
    await world.receive(key, notification([("worst", "firing")], severity="S0", group="two"), sends=sends)

    for decided, version, evidence in await world.rows(EVIDENCE):
        alerts = evidence["alerts"]
        again = rules.worst(rules.classify(AlertSeverity(one["severity"]), one["labels"]) for one in alerts)
        assert (again.severity, version) == (decided, rules.SEVERITY_RULES_VERSION)


async def test_a_milder_alert_changes_nothing(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    await world.receive(key, notification([("a1", "firing")]), sends=sends)
    await world.acknowledge(1)

    await world.receive(key, notification([("a2", "firing")], severity="info"), sends=sends)

    assert (await world.severity(1), await world.status(1)) == ("S1", "acknowledged")


async def test_a_worse_alert_takes_the_acknowledgement_back_and_pages_anew(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    await world.receive(key, notification([("a1", "firing")]), sends=sends)
    await world.acknowledge(1)

    await world.receive(key, notification([("a2", "firing")], scope="platform"), sends=sends)

    assert (await world.severity(1), await world.status(1)) == ("S0", "triggered")
    rungs = "select step, role from escalation_step where cancelled_at is null order by step"
    assert await world.rows(rungs) == [(1, "operator"), (3, "operator"), (4, "incident_commander")]


async def test_a_person_who_raises_it_is_not_paged_for_that(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await world.acknowledge(number)

    await change(world, number, Severity.S0)

    assert await world.status(number) == "acknowledged"
    assert await world.pages(number) == [
        ("policy_owner", "trigger", True),
        ("operator", "acknowledge", False),
    ]


async def test_an_alert_that_repeats_itself_does_not_overrule_a_person(world: World) -> None:
    key = await world.source()
    await world.fire(key)
    await change(world, 1, Severity.S3)

    await world.fire(key)

    assert await world.severity(1) == "S3"


async def test_something_worse_than_any_alert_before_overrules_a_person(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    await world.receive(key, notification([("a1", "firing")]), sends=sends)
    await change(world, 1, Severity.S3)

    await world.receive(key, notification([("a2", "firing")], severity="S0"), sends=sends)

    assert await world.severity(1) == "S0"


async def test_raising_it_hurries_what_has_not_left(world: World) -> None:
    number = await world.declare(severity=Severity.S3)

    await change(world, number, Severity.S0)

    assert await world.column("select distinct urgency from page") == [0]


async def test_a_change_says_why(world: World) -> None:
    number = await world.declare()

    with pytest.raises(InvalidInput):
        await world.do(severity.change, world.olive, number, severity=Severity.S3, reason=" ")


async def test_what_is_canceled_keeps_its_severity(world: World) -> None:
    number = await world.declare()
    await world.do(resolution.cancel, world.ivan, number, reason="A drill")

    with pytest.raises(InvalidTransition, match="its severity stands"):
        await change(world, number, Severity.S3)
