"""How much of PostgreSQL's own JSON is left after GraphQL: the yardstick operation against its limit.

Two ways to the same answer on the same connections, in the same run: `json_agg` handed on as it is, and the
planned operation with authorisation, limits and cost. Ratios are the result; absolute figures move with
the machine.
"""

from __future__ import annotations

import gc
import time

import asyncpg

from api import engine
from api.budget import Budget
from api.context import Context
from api.documents import Documents, documents
from app.embedded import Engines
from app.security.permissions import Actor, Scope
from app.storage import migrate
from app.storage.engine import Database
from benchmarks import pace
from benchmarks.figures import judge
from benchmarks.pace import Pace

INCIDENTS = 5_000
EVENTS_EACH = 20
ROUNDS = 5
AT_ONCE = 4
DEMANDED = 0.5  # of the requests per second
ADMISSION = 0.0003  # seconds
FIRST_SIGHT = 0.015  # seconds

YARDSTICK = """query yardstick {
  incidents(first: 50) {
    nodes {
      id number title status severity triggeredAt acknowledgedAt
      commander { id name }
      timeline(last: 5) { nodes { seq kind actor text occurredAt } }
      participants { role assumedAt person { id name } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

JSON_AGG = """
select json_build_object('incidents', json_build_object('nodes', json_agg(json_build_object(
    'id', 'incident_' || i.id, 'number', i.id, 'title', i.title, 'status', upper(i.status),
    'severity', i.severity, 'triggeredAt', i.triggered_at, 'acknowledgedAt', i.acknowledged_at,
    'commander', (select json_build_object('id', 'person_' || p.id, 'name', p.name)
                    from person p where p.id = i.commander_id),
    'timeline', json_build_object('nodes', (select json_agg(json_build_object('seq', e.seq, 'kind', e.kind,
            'actor', e.actor_name, 'text', e.text, 'occurredAt', e.occurred_at) order by e.seq)
        from (select * from incident_event e where e.incident_id = i.id order by seq desc limit 5) e)),
    'participants', (select json_agg(json_build_object('role', upper(a.role), 'assumedAt', a.assumed_at,
            'person', json_build_object('id', 'person_' || p.id, 'name', p.name)) order by a.assumed_at, a.id)
        from participant a join person p on p.id = a.person_id where a.incident_id = i.id)
  )), 'pageInfo', json_build_object('hasNextPage', true, 'endCursor', max(i.id)::text)))::text
from (select * from incident order by triggered_at desc, id desc limit 50) i
"""

ROWS = """
insert into person (email, name, roles, created_at)
    select 'p' || g || '@example.com', 'Person ' || g, array['operator'], clock_timestamp()
    from generate_series(1, 40) g;
insert into incident (title, severity, severity_source, status, generation, version, policy_version_id,
        commander_id, triggered_at, acknowledged_at, last_seq, last_hash)
    select 'Checkout answers slowly in region ' || g, 'S' || g % 4, 'rule', 'acknowledged', 1, 1,
        (select min(id) from escalation_policy_version), g % 40 + 1,
        timestamptz '2026-01-01' + g * interval '1 minute',
        timestamptz '2026-01-01' + g * interval '1 minute' + interval '90 s', {events}, ''
    from generate_series(1, {incidents}) g;
insert into incident_event (incident_id, seq, kind, actor, actor_name, occurred_at, recorded_at, text,
        payload, previous_hash, hash)
    select i, s, 'note', 'person:1', 'Person 1', clock_timestamp(), clock_timestamp(),
        'Restarted worker ' || s || ' of "checkout"', '{{}}', '', ''
    from generate_series(1, {events}) s, generate_series(1, {incidents}) i;
insert into participant (incident_id, person_id, role, assumed_at)
    select i, (i + k) % 40 + 1, (array['operator', 'incident_commander', 'scribe'])[k], clock_timestamp()
    from generate_series(1, {incidents}) i, generate_series(1, 3) k;
"""


async def run(engines: Engines, *, seconds: float = 1.0) -> bool:
    """Fill an empty database and measure on it; says whether every demand was met."""
    await _fill(engines.database_url)
    database = await Database.open(engines.database_url, readers=4)
    try:
        json_agg, planned = await _paces(database, seconds)
        admission, first_sight = _admission(database), _first_sight(database)
    finally:
        await database.close()
    ratio = planned.per_second / json_agg.per_second
    pace.show(json_agg)
    pace.show(planned)
    return all(
        [
            judge("planned / json_agg", ratio, "", ratio >= DEMANDED, f">= {DEMANDED}"),
            judge("limits, remembered", admission * 1e3, "ms", admission <= ADMISSION, "<= 0.3 ms"),
            judge("first sight", first_sight * 1e3, "ms", first_sight <= FIRST_SIGHT, "<= 15 ms"),
        ]
    )


async def _fill(url: str) -> None:
    await migrate.upgrade(url)
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg:", "postgresql:"))
    await connection.execute(ROWS.format(incidents=INCIDENTS, events=EVENTS_EACH))
    await connection.execute("vacuum analyze")
    await connection.close()


async def _paces(database: Database, seconds: float) -> list[Pace]:
    context = _context(database)

    async def by_hand() -> bytes:
        async with database.reading() as connection:
            text: str = await connection.fetchval(JSON_AGG)
        return b'{"data":' + text.encode() + b"}"

    async def planned() -> bytes:
        call = engine.admit(context, documents().find(YARDSTICK), {})
        return (await engine.run(call)).body()

    ways = {"PostgreSQL's json_agg": by_hand, "planned GraphQL": planned}
    return await pace.in_turn(ways, seconds=seconds, rounds=ROUNDS, at_once=AT_ONCE)


def _admission(database: Database) -> float:
    """With a page size that only the variables tell, so that the cost is worked out each time."""
    context, rounds = _context(database), 1_000
    text = YARDSTICK.replace("yardstick", "yardstick($first: Int)").replace("first: 50", "first: $first")
    documents().find(text)
    began = time.process_time()
    for _ in range(rounds):
        engine.admit(context, documents().find(text), {"first": 50})
    return (time.process_time() - began) / rounds


def _first_sight(database: Database) -> float:
    """Parse, limit, validate, price, plan and compile; the median of 21 documents."""
    taken = []
    for number in range(21):
        text = YARDSTICK.replace("yardstick", f"yardstick{number}")
        gc.collect()
        began = time.process_time()
        call = engine.admit(_context(database), Documents().find(text), {})
        call.document.statement(call.inputs)
        taken.append(time.process_time() - began)
    return sorted(taken)[len(taken) // 2]


def _context(database: Database) -> Context:
    reader = Actor("token", 1, "bench", frozenset({Scope.INCIDENTS_READ}))
    return Context(database, reader, budget=Budget(points=10**12))
