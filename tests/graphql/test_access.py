from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.plan.registry import nodes
from api.schema import core
from app.errors import Unauthenticated
from app.security.permissions import Actor
from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio

PREFIXES = sorted(nodes(core()))
EVERYTHING = """{
    incidents { nodes { id } pageInfo { hasNextPage endCursor } }
    incident(number: 1) { id }
    activity { nodes { id } }
    activityStreams
    auditEvents { nodes { id } }
    people { id }
    sources { id }
    apiTokens { id }
    sessions { id }
    pagerdutyReadiness { name }
}"""
NOTHING: dict[str, Any] = {
    "incidents": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}},
    "incident": None,
    "activity": {"nodes": []},
    "activityStreams": [],
    "auditEvents": {"nodes": []},
    "people": [],
    "sources": [],
    "apiTokens": [],
    "sessions": [],
    "pagerdutyReadiness": [],
}
INSERTS = """
    insert into alert_source (name, format, key_sha256, created_at, created_by)
        values ('prometheus', 'alertmanager', 'k', clock_timestamp(), 'person:1');
    insert into api_token (name, token_sha256, prefix, scopes, created_at, created_by)
        values ('t', 'k', 'ops_', '{}', clock_timestamp(), 'person:1');
    insert into session (token_sha256, person_id, created_at, last_seen_at, expires_at, user_agent, address)
        values ('k', 1, clock_timestamp(), clock_timestamp(), 'tomorrow', 'Firefox', '::1');
    insert into alert (source_id, incident_id, dedup_key, group_key, summary, origin, severity,
                       custom_details, links, status, count, first_occurred_at, last_occurred_at)
        values (1, 1, 'd', 'g', 's', 'o', 'critical', '{}', '[]', 'triggered', 1, clock_timestamp(),
                clock_timestamp());
"""


async def fill(house: House) -> None:
    async with house.database.engine.begin() as connection:
        for statement in filter(str.strip, INSERTS.split(";")):
            await connection.exec_driver_sql(statement)


async def visible(house: House, actor: Actor) -> set[str]:
    document = "query($id: ID!) { node(id: $id) { id } }"
    found = {one: await house.ask(document, actor, id=f"{one}_1") for one in PREFIXES}
    return {one for one, answer in found.items() if answer["node"]}


async def test_a_stranger_finds_nothing_anywhere(house: House) -> None:
    await fill(house)

    assert await house.ask(EVERYTHING, house.stranger) == NOTHING
    assert await visible(house, house.stranger) == set()


async def test_each_role_finds_through_node_what_it_may_see(house: House) -> None:
    await fill(house)
    common = {"activity", "alert", "event", "incident", "page", "person", "source"}

    assert await visible(house, house.olive) == common | {"session"}  # her own
    assert await visible(house, house.ivan) == common
    assert await visible(house, house.token) == common
    assert await visible(house, house.ada) == common | {"audit", "token"}
    assert await visible(house, house.nora) == {"person"}


async def test_a_token_of_one_integration_sees_no_incidents(house: House) -> None:
    bound = replace(house.token, integration="acme")

    assert await house.ask(EVERYTHING, bound) == NOTHING


async def test_a_command_does_not_tell_what_the_viewer_may_not_see(house: House) -> None:
    document = """mutation($n: Int!) {
        resolveIncident(input: {number: $n}) { incident { id } userErrors { code } } }"""

    hidden, absent = [await house.ask(document, house.stranger, n=number) for number in (1, 4711)]

    assert hidden == absent
    assert hidden["resolveIncident"] == {"incident": None, "userErrors": [{"code": "NOT_FOUND"}]}


async def test_nobody_may_ask_for_the_name_of_the_root_alone(house: House) -> None:
    assert await house.ask("{ __typename }", house.nobody) == {"__typename": "Query"}
    with pytest.raises(Unauthenticated):
        await house.ask("{ me { name } }", house.nobody)
    with pytest.raises(Unauthenticated):
        await house.ask("{ ... on Query { now } }", house.nobody)
    with pytest.raises(Unauthenticated):
        await house.ask("{ __schema { queryType { name } } }", house.nobody)


@pytest.mark.parametrize(
    "identifier",
    ["incident_0", "incident_9999999999999999999", "incident_-1", "incident_", "_1", "", "incident_1;"],
)
async def test_an_id_that_cannot_be_is_nothing(house: House, identifier: str) -> None:
    assert await house.ask("query($id: ID!) { node(id: $id) { id } }", id=identifier) == {"node": None}
