from __future__ import annotations

import itertools
from contextlib import suppress
from typing import Any

import pytest

from app.errors import Forbidden, InvalidInput, InvalidTransition, NotFound, StaleVersion
from app.incidents import merging, participation, resolution, rules
from app.incidents.merging import Seen
from app.incidents.words import IncidentRole, IncidentStatus, Severity
from app.security.permissions import Actor
from tests.app.incidents.test_resolution import brought_to
from tests.app.incidents.world import World, notification

pytestmark = pytest.mark.anyio

ALERTS = "select dedup_key, incident_id, status from alert order by id"


async def merge(world: World, *numbers: int, into: int, actor: Actor | None = None, **seen: Any) -> int:
    merged = [Seen(number, **seen) for number in numbers]
    return await world.do(merging.merge, actor or world.olive, merged, into=Seen(into))


async def of_alert(world: World, key: str, alert: str, **payload: Any) -> None:
    await world.fire(key, alert, **{"severity": "warning", "class": "feature", **payload})


async def test_exactly_what_is_open_is_merged_into_exactly_what_is_open(world: World) -> None:
    taken = set()

    for start, end in itertools.product(IncidentStatus, IncidentStatus):
        incident, target = await brought_to(world, start), await brought_to(world, end)
        with suppress(InvalidTransition):
            await merge(world, incident, into=target, actor=world.ivan)
            assert await world.status(incident) == "merged"
            taken.add((start, end))

    assert taken == set(itertools.product(rules.OPEN, rules.OPEN))


async def test_its_pages_and_timers_end_and_both_timelines_say_where_the_other_is(world: World) -> None:
    first, second = [await world.declare(title, Severity.S2) for title in ("Search", "Find")]

    assert await merge(world, second, into=first) == first

    assert await world.pages(second) == [("operator", "resolve", False)]
    waiting = "select incident_id from escalation_step where fired_at is null and cancelled_at is null"
    assert await world.column(waiting) == [first]
    said = "select text from incident_event where kind in ('merged', 'merged_in') order by incident_id"
    assert await world.column(said) == [
        f"Olive merged OPS-{second} into it: Find",
        f"Olive merged it into OPS-{first}: Search",
    ]
    assert await world.one("select merged_into_id from incident where id = :id", id=second) == first


async def test_its_alerts_and_what_its_group_says_later_belong_to_the_other(world: World) -> None:
    key, sends = await world.source("alertmanager"), "alertmanager"
    for group in ("a", "b"):
        body = notification([(group, "firing")], group=group, scope="feature")
        await world.receive(key, body, sends=sends)
    await merge(world, 2, into=1)

    again = notification([("b", "firing"), ("b2", "firing")], group="b", scope="feature")
    await world.receive(key, again, sends=sends)

    assert await world.rows(ALERTS) == [(one, 1, "triggered") for one in ("a", "b", "b2")]
    assert await world.one("select count(*) from incident") == 2


async def test_it_ends_when_the_alerts_of_both_are_over(world: World) -> None:
    key = await world.source()
    for alert in ("a", "b"):
        await of_alert(world, key, alert)
    await merge(world, 2, into=1)

    await world.quiet(key, "a")
    await world.settle()
    half = await world.status(1)
    await world.quiet(key, "b")
    await world.settle()

    assert (half, await world.status(1), await world.status(2)) == ("triggered", "resolved", "merged")


async def test_a_merged_group_takes_the_other_up_again_and_after_half_an_hour_begins_anew(
    world: World,
) -> None:
    key = await world.source()
    for alert in ("a", "b"):
        await of_alert(world, key, alert)
    await merge(world, 2, into=1)
    await world.do(resolution.resolve, world.olive, 1)

    await of_alert(world, key, "b")
    again = await world.status(1)
    await world.do(resolution.resolve, world.olive, 1)
    await world.advance(minutes=31)
    await of_alert(world, key, "b")

    assert again == "triggered"
    assert (await world.rows(ALERTS))[-1] == ("b", 3, "triggered")


async def test_what_was_merged_before_goes_on_where_its_target_went(world: World) -> None:
    key = await world.source()
    for alert in ("a", "b", "c"):
        await of_alert(world, key, alert)
    await merge(world, 3, into=2)

    await merge(world, 2, into=1)
    await of_alert(world, key, "c")

    assert await world.column("select merged_into_id from incident order by id") == [None, 1, 1]
    assert await world.column("select distinct incident_id from alert") == [1]


async def test_the_worse_severity_counts_and_loops_in_the_policy_owner(world: World) -> None:
    mild, severe = await world.declare("Slow", Severity.S3), await world.declare("Down", Severity.S1)

    await merge(world, severe, into=mild, actor=world.ivan)

    assert await world.severity(mild) == "S1"
    assert ("policy_owner", "trigger", True) in await world.pages(mild)
    reason = "select reason from severity_decision where incident_id = :id order by id desc limit 1"
    assert await world.one(reason, id=mild) == f"OPS-{severe}, which is S1, was merged into it"


async def test_the_milder_severity_changes_nothing(world: World) -> None:
    mild, severe = await world.declare("Slow", Severity.S3), await world.declare("Down", Severity.S1)

    await merge(world, mild, into=severe)

    assert await world.severity(severe) == "S1"


@pytest.mark.parametrize("severity", [Severity.S0, Severity.S1])
async def test_a_severe_incident_is_merged_by_a_commander_alone(world: World, severity: Severity) -> None:
    severe, other = await world.declare(severity=severity), await world.declare(severity=Severity.S0)

    with pytest.raises(Forbidden, match="only an incident commander"):
        await merge(world, severe, into=other)

    await merge(world, severe, into=other, actor=world.ivan)
    assert await world.status(severe) == "merged"


async def test_what_readers_were_promised_is_owed_by_the_other(world: World) -> None:
    first, second = [await world.declare(severity=Severity.S0) for _ in range(2)]
    promise = "insert into obligation (incident_id, generation, kind, due_at) values (:id, 1, 'next_update',"
    await world.change(f"{promise} clock_timestamp() + interval '9 minutes')", id=second)

    await merge(world, second, into=first, actor=world.ivan)

    owed = "select incident_id, kind from obligation where met_at is null and waived_by is null order by id"
    assert await world.rows(owed) == [
        (first, "policy_owner_loop_in"),
        (first, "first_public_update"),
        (first, "next_update"),
    ]


async def test_its_people_take_part_in_the_other_which_keeps_its_own_commander(world: World) -> None:
    first, second = [await world.declare(severity=Severity.S2) for _ in range(2)]
    lead = {"role": IncidentRole.INCIDENT_COMMANDER}
    await world.do(participation.assign, world.olive, first, person_id=world.ivan.id, **lead)
    await world.do(participation.assign, world.olive, second, person_id=world.paula.id, **lead)
    await world.acknowledge(second)

    await merge(world, second, into=first)

    people = "select person_id, role from participant where incident_id = :id order by id"
    assert await world.rows(people, id=first) == [
        (world.ivan.id, "incident_commander"),
        (world.olive.id, "operator"),
    ]


async def test_what_still_hurts_takes_a_mitigated_one_up_again(world: World) -> None:
    hurts, better = [await world.declare(severity=Severity.S2) for _ in range(2)]
    await world.acknowledge(better)
    await world.do(resolution.mitigate, world.olive, better)

    await merge(world, hurts, into=better)

    assert await world.status(better) == "acknowledged"


async def test_many_are_merged_together_or_not_at_all(world: World) -> None:
    first, second, third = [await world.declare(severity=Severity.S2) for _ in range(3)]
    await world.do(resolution.resolve, world.olive, third)

    with pytest.raises(InvalidTransition):
        await merge(world, second, third, into=first)

    assert await world.status(second) == "triggered"


async def test_somebody_who_saw_an_older_state_must_look_again(world: World) -> None:
    first, second = [await world.declare(severity=Severity.S2) for _ in range(2)]
    seen = await world.version(second)
    await world.acknowledge(second)

    with pytest.raises(StaleVersion):
        await merge(world, second, into=first, version=seen)


@pytest.mark.parametrize(
    ("numbers", "refused"), [((), InvalidInput), ((1, 1), InvalidInput), ((2,), InvalidInput)]
)
async def test_what_makes_no_sense_is_refused(world: World, numbers: Any, refused: type[Exception]) -> None:
    for _ in range(2):
        await world.declare()

    with pytest.raises(refused):
        await merge(world, *numbers, into=2)


async def test_who_may_not_act_merges_nothing(world: World) -> None:
    with pytest.raises(NotFound):
        await merge(world, 1, into=2, actor=world.nora)


async def test_an_answer_to_a_merged_incident_says_where_it_goes_on(world: World) -> None:
    first, second = [await world.declare(severity=Severity.S2) for _ in range(2)]
    await merge(world, second, into=first)

    with pytest.raises(InvalidTransition, match=f"merged into OPS-{first}"):
        await world.acknowledge(second)
