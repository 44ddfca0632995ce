"""Random walks through an incident's life, beside a small model of what must come of each step."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.errors import InvalidTransition
from app.incidents import resolution
from app.incidents.words import IncidentStatus as Status
from app.storage.engine import Database
from tests.app.incidents.world import PAGERDUTY_ITSELF, World, cast

OPEN = {Status.TRIGGERED, Status.ACKNOWLEDGED, Status.MITIGATED}
ALERTS = itertools.count(1)
Run = Callable[[Coroutine[Any, Any, Any]], Any]

FACTS = """
    select status, generation, severity, acknowledged_at is not null, last_seq,
           (select count(*) from incident_event where incident_id = incident.id),
           (select count(*) from escalation_step where incident_id = incident.id
               and fired_at is null and cancelled_at is null),
           (select count(*) from page where incident_id = incident.id and wanted = 'trigger'
               and role <> 'policy_owner'),
           (select count(*) from page where incident_id = incident.id and role = 'policy_owner'),
           (select count(*) from page where incident_id = incident.id and wanted <> 'resolve')
      from incident where id = :number
"""


@dataclass
class Model:
    """What an incident should be like by now."""

    number: int
    status: Status = Status.TRIGGERED
    generation: int = 1
    fires: bool = True
    minutes_over: int = 0

    def again(self) -> None:
        self.status, self.generation = Status.TRIGGERED, self.generation + 1

    def over(self, status: Status) -> None:
        self.status, self.fires, self.minutes_over = status, False, 0


class Life(RuleBasedStateMachine):
    """One incident after another, for one alert."""

    def __init__(self, run: Run, world: World, key: str) -> None:
        super().__init__()
        self.run, self.world, self.key = run, world, key
        self.alert = f"alert-{next(ALERTS)}"

    @initialize(mild=st.booleans())
    def open(self, mild: bool) -> None:
        self.words = {"severity": "info" if mild else "critical"}
        self.is_mild = mild
        self.run(self.world.fire(self.key, self.alert, **self.words))
        self.model = Model(self.newest())

    def newest(self) -> int:
        return int(self.run(self.world.one("select max(id) from incident")))

    def attempt(self, command: Coroutine[Any, Any, Any]) -> None:
        with suppress(InvalidTransition):
            self.run(command)

    @rule()
    def acknowledge(self) -> None:
        self.attempt(self.world.acknowledge(self.model.number))
        if self.model.status is Status.TRIGGERED:
            self.model.status = Status.ACKNOWLEDGED

    @rule()
    def mitigate(self) -> None:
        self.attempt(self.world.do(resolution.mitigate, self.world.ivan, self.model.number))
        if self.model.status in (Status.TRIGGERED, Status.ACKNOWLEDGED):
            self.model.status = Status.MITIGATED

    @rule()
    def resolve(self) -> None:
        self.attempt(self.world.do(resolution.resolve, self.world.ivan, self.model.number))
        if self.model.status in OPEN:
            self.model.over(Status.RESOLVED)

    @rule()
    def cancel(self) -> None:
        self.attempt(self.world.do(resolution.cancel, self.world.ivan, self.model.number, reason="Drill"))
        if self.model.status in (Status.TRIGGERED, Status.ACKNOWLEDGED):
            self.model.over(Status.CANCELED)

    @rule()
    def reopen(self) -> None:
        self.attempt(self.world.do(resolution.reopen, self.world.ivan, self.model.number, reason="No"))
        if self.model.status is Status.RESOLVED:
            self.model.again()
        elif self.model.status is Status.MITIGATED:
            self.model.status = Status.ACKNOWLEDGED

    @rule()
    def fire(self) -> None:
        self.run(self.world.fire(self.key, self.alert, **self.words))
        if self.model.fires:
            return
        self.model.fires = True
        if self.model.status is Status.MITIGATED:
            self.model.status = Status.ACKNOWLEDGED
        elif self.model.status is Status.RESOLVED and self.model.minutes_over < 30:
            self.model.again()
        elif self.model.status not in OPEN:
            self.model = Model(self.newest())

    @rule()
    def quieten(self) -> None:
        self.run(self.world.quiet(self.key, self.alert))
        self.run(self.world.settle())
        if self.model.fires and self.is_mild and self.model.status in OPEN:
            self.model.over(Status.RESOLVED)
        self.model.fires = False

    @rule()
    def wait_five_minutes(self) -> None:
        self.run(self.world.advance(minutes=5))
        self.run(self.world.fire_due())
        self.model.minutes_over += 5

    @rule()
    def take_the_acknowledgement_back(self) -> None:
        self.run(self.unacknowledge())
        if self.model.status is Status.ACKNOWLEDGED:
            self.model.status = Status.TRIGGERED

    async def unacknowledge(self) -> None:
        newest = (
            "select dedup_key from page where incident_id = :number and step > 0 order by id desc limit 1"
        )
        key = await self.world.one(newest, number=self.model.number)
        await self.world.report("unacknowledged", key, agent=PAGERDUTY_ITSELF)

    @invariant()
    def is_as_the_model_says(self) -> None:
        (facts,) = self.run(self.world.rows(FACTS, number=self.model.number))
        (
            status,
            generation,
            severity,
            is_answered,
            last_seq,
            entries,
            waiting,
            calling,
            loop_ins,
            open_pages,
        ) = facts

        assert (status, generation) == (self.model.status, self.model.generation)
        assert severity == ("S3" if self.is_mild else "S1")
        assert last_seq == entries
        assert waiting == 0 or status == Status.TRIGGERED
        assert (calling > 0) == (status == Status.TRIGGERED)
        assert loop_ins == (0 if self.is_mild else generation)
        assert is_answered or status != Status.ACKNOWLEDGED or "mitigated" in self.kinds()
        assert open_pages == 0 or status in OPEN

    def kinds(self) -> list[str]:
        return list(self.run(self.world.kinds(self.model.number)))


def test_whatever_happens_an_incident_is_what_the_state_machine_says(database_url: str) -> None:
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(database_url))
        world = runner.run(cast(database, database_url))
        key = runner.run(world.source())

        class LifeHere(Life):
            def __init__(self) -> None:
                super().__init__(runner.run, world, key)

        run_state_machine_as_test(
            LifeHere,
            settings=settings(max_examples=20, stateful_step_count=15, deadline=None, database=None),
        )

        runner.run(database.close())
