"""One database with the cast in it, and short words for what happens to an incident."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import event, insert, text

from app import clock as app_clock
from app.incidents import acknowledgement, escalation, flapping, intake, opening, provider_events, sources
from app.incidents.acknowledgement import Answer
from app.incidents.intake import AlertSignal, Delivery, alertmanager, grafana, pagerduty
from app.incidents.provider_events import Webhook
from app.incidents.words import Severity
from app.outside.pagerduty import webhooks
from app.security.models import Person
from app.security.permissions import SYSTEM, Actor, Role, granted
from app.storage.engine import Database
from app.storage.unit_of_work import UnitOfWork
from tests import clock

T = TypeVar("T")
OLIVE_THERE = {"id": "PUOLIVE", "type": "user_reference", "summary": "Olive Okafor"}
PAGERDUTY_ITSELF = {"id": "PSOPER", "type": "service_reference", "summary": "Operator on call"}
SENDS: dict[str, Callable[[bytes], list[AlertSignal]]] = {
    "grafana": grafana.read,
    "alertmanager": alertmanager.read,
    "pagerduty": pagerduty.read,
}


@dataclass
class World:
    """One database and the people in it."""

    database: Database
    url: str
    olive: Actor
    ivan: Actor
    paula: Actor
    nora: Actor

    async def advance(self, **by: float) -> None:
        await clock.advance(self.url, timedelta(**by))

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.engine.connect() as connection:
            return [tuple(row) for row in (await connection.execute(text(statement), values)).all()]

    async def column(self, statement: str, **values: Any) -> list[Any]:
        return [row[0] for row in await self.rows(statement, **values)]

    async def one(self, statement: str, **values: Any) -> Any:
        return (await self.rows(statement, **values))[0][0]

    async def change(self, statement: str, **values: Any) -> None:
        async with self.database.engine.begin() as connection:
            await connection.execute(text(statement), values)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Collect the statements that are sent to the database meanwhile."""
        seen: list[str] = []

        def note(*details: Any) -> None:
            seen.append(details[2])

        event.listen(self.database.engine.sync_engine, "before_cursor_execute", note)
        yield seen
        event.remove(self.database.engine.sync_engine, "before_cursor_execute", note)

    async def do(self, command: Callable[..., Awaitable[T]], *values: Any, **options: Any) -> T:
        async with self.database.unit_of_work() as work:
            return await command(work, *values, **options)

    async def somebody_waits(self) -> None:
        """Wait until a transaction is held up by another one's lock."""
        held_up = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        while not await self.one(f"{held_up} and datname = current_database()"):
            await asyncio.sleep(0)

    async def declare(self, title: str = "Checkout is down", severity: Severity = Severity.S1) -> int:
        return await self.do(opening.declare, self.olive, title=title, severity=severity)

    async def acknowledge(self, number: int, actor: Actor | None = None, **options: Any) -> Answer:
        options = {"via": "console", **options}
        return await self.do(acknowledgement.acknowledge, actor or self.olive, number, **options)

    async def fire_due(self) -> int:
        return await self.do(escalation.fire_due)

    async def source(self, sends: str = "pagerduty", name: str | None = None) -> str:
        _, key = await self.do(sources.add, SYSTEM, name=name or sends, sends=sends)
        return key

    async def receive(self, key: str, body: dict[str, Any], *, sends: str = "pagerduty", **how: Any) -> None:
        raw = json.dumps(body).encode()
        how = {"content_type": "application/json", **how}
        delivery = Delivery(key=key, sends=sends, read=SENDS[sends], body=raw, **how)
        (refusal,) = await self.do(intake.receive, [delivery])
        if refusal is not None:
            raise refusal

    async def fire(self, key: str, alert: str = "checkout", **payload: Any) -> None:
        await self.receive(key, trigger(alert, **payload))

    async def settle(self) -> None:
        """Let what is over have been over for long enough to end."""
        await self.advance(minutes=2)
        await self.do(flapping.end_quiet)

    async def quiet(self, key: str, alert: str = "checkout", action: str = "resolve") -> None:
        await self.receive(key, {"routing_key": "k", "event_action": action, "dedup_key": alert})

    async def report(
        self,
        what: str,
        key: str | None,
        *,
        agent: dict[str, str] | None = None,
        at: datetime | None = None,
        webhook_id: str | None = None,
        **incident: Any,
    ) -> str:
        """Let PagerDuty report what happened, somebody there having done it unless told otherwise."""
        moment = at or await self.one("select clock_timestamp()")
        event = {
            "event_type": f"incident.{what}",
            "resource_type": "incident",
            "occurred_at": moment.isoformat(),
            "agent": agent or OLIVE_THERE,
            "data": {"type": "incident", "incident_key": key, **incident},
        }
        body = json.dumps({"event": event}).encode()
        webhook_id = webhook_id or f"{what} {key} {moment}"
        webhook = Webhook(webhook_id, body, webhooks.parse(body))
        (outcome,) = await self.do(provider_events.receive, [webhook])
        return outcome

    async def status(self, number: int) -> str:
        return str(await self.one("select status from incident where id = :number", number=number))

    async def severity(self, number: int) -> str:
        return str(await self.one("select severity from incident where id = :number", number=number))

    async def version(self, number: int) -> int:
        return int(await self.one("select version from incident where id = :number", number=number))

    async def kinds(self, number: int) -> list[str]:
        return await self.column(
            "select kind from incident_event where incident_id = :number order by seq", number=number
        )

    async def pages(self, number: int) -> list[Any]:
        return await self.rows(
            "select role, wanted, due_at is not null as leaves from page where incident_id = :number"
            " order by generation, step, id",
            number=number,
        )

    async def set_status(self, number: int, status: str) -> None:
        """Put an incident where no command can yet bring it."""
        await self.change(
            "update incident set status = :status, resolved_at = clock_timestamp() where id = :number",
            status=status,
            number=number,
        )


def trigger(alert: str = "checkout", severity: str = "critical", **payload: Any) -> dict[str, Any]:
    """Write an event of PagerDuty's Events API; what it is about is money unless told otherwise."""
    content = {"summary": f"{alert} is down", "source": "probe", "class": "checkout", "severity": severity}
    return {
        "routing_key": "k",
        "event_action": "trigger",
        "dedup_key": alert,
        "payload": {**content, **payload},
    }


def notification(
    alerts: Sequence[tuple[str, str]], *, group: str = "{}:{job=checkout}", **labels: str
) -> dict[str, Any]:
    """Write what Alertmanager sends: alerts are fingerprints with `firing` or `resolved`."""
    labels = {"alertname": "CheckoutDown", "severity": "critical", "scope": "payments", **labels}
    return {
        "version": "4",
        "groupKey": group,
        "status": "firing" if any(status == "firing" for _, status in alerts) else "resolved",
        "receiver": "opsbook",
        "groupLabels": {"alertname": labels["alertname"]},
        "commonLabels": labels,
        "commonAnnotations": {"summary": "The checkout does not answer"},
        "externalURL": "http://alertmanager.example",
        "alerts": [
            {
                "status": status,
                "labels": {**labels, "instance": fingerprint},
                "annotations": {"summary": f"{fingerprint} does not answer"},
                "startsAt": "2026-01-31T09:30:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example/graph",
                "fingerprint": fingerprint,
            }
            for fingerprint, status in alerts
        ],
    }


PEOPLE = {"Olive": [Role.OPERATOR], "Ivan": [Role.COMMANDER], "Paula": [Role.POLICY_OWNER], "Nora": []}


async def cast(database: Database, url: str) -> World:
    """Bring the four people."""
    async with database.unit_of_work() as work:
        people = [await _person(work, name, roles) for name, roles in PEOPLE.items()]
    return World(database, url, *people)


async def _person(work: UnitOfWork, name: str, roles: Sequence[Role]) -> Actor:
    values = {"email": f"{name.lower()}@example.com", "name": name, "roles": [role.value for role in roles]}
    statement = insert(Person).values(**values, created_at=app_clock.now()).returning(Person.id)
    key = await work.session.scalar(statement)
    return Actor("person", key, name, scopes=granted(roles), roles=frozenset(roles))
