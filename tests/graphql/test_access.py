"""Each role and each scope against every type, by every way through the schema."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from graphql import GraphQLObjectType

from api import engine, watching
from api.failures import Refused
from api.plan import registry
from api.plan.registry import nodes
from api.schema import core
from app.security.permissions import PERSONAL, Actor, Role, Scope
from tests.engines import Databases
from tests.graphql import ways
from tests.graphql.crowd import Crowd, gathered
from tests.graphql.sights import EVERYBODYS, MAY, OWN, SEES, WATCHED
from tests.graphql.test_commands import GIVEN

pytestmark = pytest.mark.anyio

WHO = [
    "no role",
    "token of acme",
    *(role.value for role in Role),
    *(f"token {scope}" for scope in Scope if scope not in PERSONAL),
]
FRAME = re.compile(
    r"(Connection|Edge|Payload|Replay)$|^(Query|Mutation|Subscription|PageInfo|UserError)$|^__"
)
NODES = {type_.name: prefix for prefix, (type_, _) in nodes(core()).items()}
ROOTS = core().mutation_type, core().subscription_type
MUTATIONS, SUBSCRIPTIONS = (sorted(root.fields) if root else [] for root in ROOTS)
DENIED = {"NOT_FOUND", "FORBIDDEN"}
# What a command, or another before it, took away from whoever comes next.
RESTORE = {
    "resetSecondFactor": "update person set second_factor_since = clock_timestamp() where id = 4",
    "endSession": "update session set revoked_at = null",
    "revokeToken": "update api_token set revoked_at = null",
    "removeSubscriber": "update subscriber set removed_at = null",
    "retireEscalationPolicy": "update escalation_policy set retired_at = null",
    "revokeSource": "update alert_source set revoked_at = null",
    "deactivatePerson": "update person set deactivated_at = null",
    "waiveObligation": "update obligation set met_at = null, met_by = null, waived_by = null",
    "revokeCalendar": "update on_call_calendar set revoked_at = null where id < 3",
    "cancelCover": "update on_call_cover set cancelled_at = null",
    "createSource": "delete from alert_source where name = 'new'",
    "addPerson": "delete from person where email = 'new@example.com'",
}
# Where the example of test_commands.py asks for more than the scope: an S1 needs its commander.
TARGETS = {
    "changeSeverity": 'number: 2, severity: S3, reason: "Better"',
    "createSource": 'name: "new", format: "alertmanager"',
    "endSession": 'sessionId: "session_2"',
    "mitigateIncident": "number: 2",
    "resolveIncident": "number: 2",
}


@pytest.fixture(scope="module")
def crowd_url(databases: Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture(scope="module")
async def crowd(crowd_url: str) -> AsyncIterator[Crowd]:
    async with gathered(crowd_url) as found:
        yield found


async def run(crowd: Crowd, document: str, actor: Actor) -> Any:
    """Run a document that no limit stops, and give its data."""
    answer = json.loads((await engine.run(crowd.house.call(document, actor))).body())
    assert "errors" not in answer
    return answer["data"]


async def everything(crowd: Crowd, actor: Actor) -> Any:
    query = core().query_type
    assert query is not None
    return await run(crowd, ways.whole(query), actor)


async def keys(crowd: Crowd, name: str, who: str) -> set[str]:
    """The ids of a type's objects that somebody may see."""
    table = registry.of_type(core().type_map[name]).table.name  # type: ignore[union-attr]
    mine = crowd[who].id if crowd[who].kind == "person" else None
    own = f"{OWN[name]} is not distinct from $1::bigint and $1 is not null" if name in OWN else "$1 = 0"
    where = "$1::bigint is null or true" if who in SEES[name] else own
    return {
        f"{NODES[name]}_{row['id']}"
        for row in await crowd.house.rows(f"select id from {table} where {where}", mine)
    }


def test_every_type_says_who_sees_it() -> None:
    types = {name for name, one in core().type_map.items() if isinstance(one, GraphQLObjectType)}

    assert {name for name in types if not FRAME.search(name)} == set(SEES) | EVERYBODYS, (
        "say in SEES, tests/graphql/sights.py, who sees the type"
    )


@pytest.mark.parametrize("who", WHO)
async def test_every_way_leads_only_to_what_one_may_see(crowd: Crowd, who: str) -> None:
    answer = await everything(crowd, crowd[who])

    met = {one["__typename"] for one in ways.objects(answer) if not FRAME.search(one["__typename"])}
    may = {name for name in SEES if who in SEES[name]} | {
        name for name in OWN if await keys(crowd, name, who)
    }
    assert met - EVERYBODYS - {"Person"} == may - {"Person"}
    assert "Person" not in met or who in SEES["Person"]
    for name in OWN:
        ids = {one["id"] for one in ways.objects(answer) if one["__typename"] == name}
        assert ids <= await keys(crowd, name, who)


async def test_every_way_was_gone_by_somebody(crowd: Crowd) -> None:
    taken = [ways.links_taken(await everything(crowd, crowd[who])) for who in WHO]

    assert ways.links() - set().union(*taken) - ways.APART == set(), (
        "give the field something to lead to: a row in INSERTS, tests/graphql/crowd.py"
    )


@pytest.mark.parametrize("name", NODES)
async def test_node_finds_for_each_what_they_may_see(crowd: Crowd, name: str) -> None:
    type_ = core().type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    every = await crowd.house.rows(f"select id from {registry.of_type(type_).table.name}")  # type: ignore[union-attr]
    ids = [f"{NODES[name]}_{row['id']}" for row in every]
    assert ids, f"insert a row of {name}: INSERTS, tests/graphql/crowd.py"
    absent = await crowd.house.ask("query($id: ID!) { node(id: $id) { id } }", id=f"{NODES[name]}_4711")

    for who in WHO:
        calls = " ".join(f'{one}: node(id: "{one}") {{ id }}' for one in ids)
        found = await run(crowd, f"{{ {calls} }}", crowd[who])
        visible = await keys(crowd, name, who)

        assert {one for one in ids if found[one] is not None} == visible, who
        assert all(found[one] == absent["node"] for one in set(ids) - visible)


async def test_nobody_is_told_nothing(crowd: Crowd) -> None:
    query = core().query_type
    assert query is not None
    for document in ["{ ... on Query { now } }", "{ __schema { queryType { name } } }", *ways.each(query)]:
        with pytest.raises(Refused) as refused:
            crowd.house.call(document, crowd["nobody"])

        assert refused.value.status == 401


def test_every_mutation_says_who_may() -> None:
    assert sorted(MAY) == MUTATIONS, "say in MAY, tests/graphql/sights.py, who may carry it out"


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_mutation_is_carried_out_for_those_who_may(crowd: Crowd, name: str) -> None:
    given = TARGETS.get(name) or GIVEN[name][0]
    await crowd.change(RESTORE.get(name, ""))
    for who in WHO:
        errors = await refusal(crowd, name, given, who)

        assert (errors == [] or not DENIED & {one["code"] for one in errors}) == (who in MAY[name]), who
        await crowd.change(RESTORE.get(name, ""))


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_mutation_does_not_tell_what_is_there(crowd: Crowd, name: str) -> None:
    given = TARGETS.get(name) or GIVEN[name][0]
    absent = re.sub(r"number: \d+|_\d+\"|\w+@", _absent, given)
    blind = {"token incidents:write"}  # acts on what it does not see
    for who in sorted(set(WHO) - blind - SEES["Incident"] - SEES["Person"]):
        there, away = [await refusal(crowd, name, one, who) for one in (given, absent)]

        assert there == away != []


def _absent(found: re.Match[str]) -> str:
    text = found.group()
    return "number: 4711" if text.startswith("number") else '_4711"' if text.startswith("_") else "absent@"


async def refusal(crowd: Crowd, name: str, given: str, who: str) -> Any:
    document = f"mutation {{ {name}(input: {{{given}}}) {{ userErrors {{ code message path }} }} }}"
    return (await run(crowd, document, crowd[who]))[name]["userErrors"]


def test_every_subscription_says_what_it_watches() -> None:
    assert sorted(WATCHED) == SUBSCRIPTIONS, "say in WATCHED, tests/graphql/sights.py, what it watches"


@pytest.mark.parametrize("name", SUBSCRIPTIONS)
async def test_one_watches_what_one_sees(crowd: Crowd, name: str) -> None:
    there, away, type_ = WATCHED[name]
    for who in WHO:
        found = [await watched(crowd, f"{name}({one})", who) for one in (there, away)]

        assert found == [None if who in SEES[type_] else found[1], found[1]], who
        assert found[1] == ["NOT_FOUND"]


async def watched(crowd: Crowd, call: str, who: str) -> list[str] | None:
    """Why somebody may not watch, or None."""
    document = f"subscription {{ {call} {{ __typename }} }}"
    try:
        watch = await watching.watch(crowd.house.call(document, crowd[who]))
    except Refused as refused:
        return [error["extensions"]["code"] for error in refused.errors]
    await watch.aclose()
    return None
