from __future__ import annotations

import pytest

from app.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from app.incidents.communication import opting_out, subscribers
from app.incidents.communication.subscribers import Reader
from app.incidents.models import Notice
from app.incidents.words import Severity
from app.security.permissions import SYSTEM
from app.templates import Audience
from tests.app.incidents.communication.desk import subscribe, tell
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio
KEY = "k" * 64


async def token(world: World) -> str:
    """The way out in a letter to the one reader."""
    await tell(world, await world.declare(severity=Severity.S2), "enterprise")
    async with world.database.unit_of_work() as work:
        key = await world.one("select max(id) from notice where channel = 'mail'")
        found = opting_out.token_of(KEY, await work.session.get_one(Notice, key))
    assert found
    return found


def test_a_list_has_an_address_and_a_name_on_each_line() -> None:
    text = 'email,name\r\nCTO@Example.com,"Acme, Inc."\n\nforum@example.org\n'

    assert subscribers.read(text) == [
        Reader("cto@example.com", "Acme, Inc."),
        Reader("forum@example.org", "forum@example.org"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a@example.com\nnobody", "Line 2: 'nobody' is no address"),
        ("a@example.com,A,B", "Line 1: write the address"),
        ("\n", "Write an address on each line"),
    ],
)
def test_a_wrong_line_is_named(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as raised:
        subscribers.read(text)

    assert raised.value.path == ("list",)


async def test_a_list_is_added_once_and_who_opted_out_stays_out(world: World) -> None:
    readers = [Reader("a@example.com", "A"), Reader("b@example.com", "B")]

    first = await world.do(subscribers.add, SYSTEM, Audience.ENTERPRISE, readers[:1])
    await world.change("update subscriber set opted_out_at = clock_timestamp()")
    again = await world.do(subscribers.add, SYSTEM, Audience.ENTERPRISE, readers)

    assert (first, again) == (1, 1)
    assert await world.column("select email from subscriber where opted_out_at is null") == ["b@example.com"]


async def test_who_was_removed_gets_nothing_until_they_are_added_again(world: World) -> None:
    await subscribe(world, "enterprise", "a@example.com")
    await world.do(subscribers.remove, SYSTEM, 1)
    with pytest.raises(NotFound):
        await world.do(subscribers.remove, SYSTEM, 1)
    number = await world.declare(severity=Severity.S2)
    await tell(world, number, "enterprise")
    nobody = await world.column("select recipient from notice where channel = 'mail'")

    await world.do(subscribers.add, SYSTEM, Audience.ENTERPRISE, [Reader("a@example.com", "A")])
    await tell(world, number, "enterprise", status="identified")

    assert nobody == []
    assert await world.column("select recipient from notice where channel = 'mail'") == ["a@example.com"]


async def test_only_an_administrator_changes_the_register(world: World) -> None:
    with pytest.raises(Forbidden):
        await world.do(subscribers.add, world.olive, Audience.ENTERPRISE, [Reader("a@example.com", "A")])


async def test_looking_at_the_way_out_changes_nothing_and_taking_it_does_once(world: World) -> None:
    await subscribe(world, "enterprise", "a@example.com")
    way_out = await token(world)

    seen = [(await world.do(opting_out.look, KEY, way_out)).is_out]
    seen += [(await world.do(opting_out.opt_out, KEY, way_out)).is_out for _ in range(2)]
    seen += [(await world.do(opting_out.look, KEY, way_out)).is_out]

    assert seen == [False, True, True, True]
    assert await world.one("select count(*) from audit_event where action = 'subscriber.opt_out'") == 1


async def test_a_forged_way_out_leads_nowhere(world: World) -> None:
    await subscribe(world, "enterprise", "a@example.com")
    way_out = await token(world)

    with pytest.raises(Unauthenticated):
        await world.do(opting_out.opt_out, "x" * 64, way_out)
