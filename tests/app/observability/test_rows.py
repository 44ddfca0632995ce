from __future__ import annotations

from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from app.incidents.words import Severity
from app.observability import metrics, rows
from app.storage.base import Base
from app.storage.outbox import Outgoing
from tests.app.observability.conftest import House

pytestmark = pytest.mark.anyio
Key = tuple[str, str]


async def scraped(house: House) -> Mapping[Key, float]:
    written, _ = metrics.text(await rows.read(house.database))
    found = {}
    for family in text_string_to_metric_families(written.decode()):
        for one in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(one.labels.items()))
            found[one.name, labels] = one.value
    return found


async def change(house: House, statement: str) -> None:
    async with house.database.unit_of_work() as work:
        await work.session.execute(text(statement))


async def test_a_quiet_house_shows_every_series_at_zero(house: House) -> None:
    found = await scraped(house)

    assert found["opsbook_tasks_due", "queue=pager"] == 0
    assert found["opsbook_tasks_due", "queue=general"] == 0
    assert found["opsbook_oldest_due_task_seconds", "queue=pager"] == 0
    assert found["opsbook_escalation_overdue_seconds", ""] == 0
    assert found["opsbook_incidents_open", "severity=S0,status=triggered"] == 0
    assert found["opsbook_pages_total", "result=failed,role=policy_owner"] == 0
    assert found["opsbook_page_lateness_seconds_count", ""] == 0


async def test_what_is_due_is_counted_with_its_age(house: House) -> None:
    await house.declare()
    await house.advance(seconds=20)

    found = await scraped(house)

    assert found["opsbook_tasks_due", "queue=pager"] == 1
    assert 20 <= found["opsbook_oldest_due_task_seconds", "queue=pager"] < 25
    assert found["opsbook_escalation_overdue_seconds", ""] == 0


async def test_an_escalation_that_nobody_fires_is_overdue(house: House) -> None:
    await house.declare()
    await house.advance(minutes=5, seconds=7)

    found = await scraped(house)

    assert 7 <= found["opsbook_escalation_overdue_seconds", ""] < 12


async def test_open_incidents_are_counted_and_closed_ones_are_not(house: House) -> None:
    await house.declare(Severity.S0)
    await house.declare(Severity.S2)
    await house.declare(Severity.S2)
    await change(house, "update incident set status = 'resolved', resolved_at = triggered_at where id = 3")

    found = await scraped(house)

    assert found["opsbook_incidents_open", "severity=S0,status=triggered"] == 1
    assert found["opsbook_incidents_open", "severity=S2,status=triggered"] == 1


async def test_pages_and_their_lateness_come_from_their_rows(house: House) -> None:
    await house.declare()
    await house.declare()
    accepted = "status = 'accepted', accepted_at = queued_at + interval '1.5 seconds', due_at = null"
    await change(house, f"update page set {accepted} where incident_id = 1")
    await change(house, "update page set status = 'failed', due_at = null where incident_id = 2")

    found = await scraped(house)

    assert found["opsbook_pages_total", "result=accepted,role=operator"] == 1
    assert found["opsbook_pages_total", "result=failed,role=operator"] == 1
    assert found["opsbook_page_lateness_seconds_bucket", "le=1.0"] == 0
    assert found["opsbook_page_lateness_seconds_bucket", "le=2.0"] == 1
    assert found["opsbook_page_lateness_seconds_sum", ""] == 1.5


async def test_lateness_on_a_bound_belongs_below_it(house: House) -> None:
    await house.declare()
    await change(house, "update escalation_step set fired_at = due_at + interval '5 s', cancelled_at = null")

    found = await scraped(house)

    total = found["opsbook_escalation_lateness_seconds_count", ""]
    assert total >= 2
    assert found["opsbook_escalation_lateness_seconds_bucket", "le=2.0"] == 0
    assert found["opsbook_escalation_lateness_seconds_bucket", "le=5.0"] == total


def test_every_table_of_durable_work_belongs_to_a_queue() -> None:
    kinds = {one.__tablename__ for one in Outgoing.__subclasses__() if issubclass(one, Base)}

    assert kinds - {table for _, table, *_ in rows.WORK} == set(), "name its queue in rows.WORK"
