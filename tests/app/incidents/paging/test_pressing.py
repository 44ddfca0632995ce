from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from app.incidents import links, resolution
from app.incidents.paging import editing, pressing
from app.incidents.paging.pressing import Pressed
from app.incidents.words import Severity
from app.outside.secret import Secret
from app.outside.slack.interactions import Press
from app.security import people
from app.security.permissions import SYSTEM
from app.security.secrets import Keyring
from tests.app.incidents.paging.conftest import Pager

pytestmark = pytest.mark.anyio

KEYRING = Keyring.of((), "k" * 64)
OLIVE, NORA = "U0OLIVE", "U0NORA"


@pytest.fixture
async def lost(pager: Pager) -> Pager:
    """An incident whose call stands in Slack, where Olive and Nora are known."""
    pager.use_slack()
    pager.set(pagerduty_routing_key_operator=None)
    for actor, slack_id in ((pager.world.olive, OLIVE), (pager.world.nora, NORA)):
        await pager.world.do(people.set_slack_id, SYSTEM, actor.id or 0, slack_id=slack_id)
    await pager.world.declare(severity=Severity.S2)
    await pager.send_due()
    return pager


def pressed(pager: Pager, user: str = OLIVE, *, key: str = "one", action: str = "acknowledge") -> Pressed:
    """What Slack says when somebody presses the button of the newest post."""
    message = pager.slack.last
    address = pager.slack.url + pager.slack.channel.answer_path(message)
    value = next((one.get("value", "") for one in message.buttons), "opsbook:1:1:1:slack")
    press = Press(action, value, user, user.lower(), None, Secret(address))
    return Pressed(key, press, KEYRING.seal(editing.owner(key), address))


async def press(pager: Pager, user: str = OLIVE, **how: str) -> str:
    number = await pager.world.do(pressing.keep, pressed(pager, user, **how))
    return "kept already, or ignored" if number is None else await pager.world.do(pressing.carry_out, number)


async def answer(pager: Pager) -> int:
    """Give what is due to whoever pressed."""
    due = await editing.claim_due(pager.world.database, pager.channels, 50)
    for one in due:
        await editing.send(pager.world.database, pager.channels, KEYRING, one)
    return len(due)


async def test_a_press_acknowledges_in_the_name_of_whoever_pressed(lost: Pager) -> None:
    assert await press(lost) == "first"

    assert await lost.world.rows("select status, acknowledged_by from incident") == [
        ("acknowledged", "Olive")
    ]
    told = "select actor, payload ->> 'via' from incident_event where kind = 'acknowledged'"
    assert await lost.world.rows(told) == [(lost.world.olive.reference, "slack")]


async def test_the_message_then_says_who_it_was_and_has_no_button(lost: Pager) -> None:
    await press(lost)

    await answer(lost)

    (message,) = lost.slack.channel.messages
    assert message.is_rewritten
    assert "Acknowledged by Olive." in message.text
    assert message.buttons == []


async def test_the_message_goes_on_to_say_how_it_stands(lost: Pager) -> None:
    await press(lost)
    await answer(lost)

    await lost.world.do(resolution.resolve, lost.world.olive, 1)
    await answer(lost)

    assert "Acknowledged by Olive; resolved now." in lost.slack.last.text


async def test_after_half_an_hour_nothing_is_edited_any_more(lost: Pager) -> None:
    await press(lost)
    await answer(lost)
    await lost.advance(minutes=31)

    await lost.world.do(resolution.resolve, lost.world.olive, 1)

    assert await answer(lost) == 0


async def test_an_edit_that_fails_is_made_again(lost: Pager) -> None:
    await press(lost)
    lost.slack.faults.once.append("500")

    await answer(lost)
    await lost.advance(seconds=2)
    await answer(lost)

    assert lost.slack.last.is_rewritten


async def test_what_changes_while_an_edit_is_under_way_is_edited_too(lost: Pager) -> None:
    await press(lost)
    (due,) = await editing.claim_due(lost.world.database, lost.channels, 50)
    await lost.world.do(resolution.resolve, lost.world.olive, 1)

    await editing.send(lost.world.database, lost.channels, KEYRING, due)
    await answer(lost)

    assert "resolved now" in lost.slack.last.text


async def test_a_stranger_is_told_so_and_nothing_changes(lost: Pager) -> None:
    assert await press(lost, "U0STRANGER") == "unknown person"

    await answer(lost)

    assert await lost.world.status(1) == "triggered"
    post, whisper = lost.slack.channel.messages
    assert not post.is_rewritten
    assert "U0STRANGER, under People" in whisper.text


async def test_who_may_not_act_is_told_so_and_nothing_changes(lost: Pager) -> None:
    assert await press(lost, NORA) == "refused"

    await answer(lost)

    assert await lost.world.status(1) == "triggered"
    assert lost.slack.last.text.startswith("Nothing has changed.")


async def test_the_same_press_five_times_is_one(lost: Pager) -> None:
    outcomes = [await press(lost) for _ in range(5)]

    assert outcomes == ["first", *["kept already, or ignored"] * 4]
    assert (await lost.world.kinds(1)).count("acknowledged_also") == 0


async def test_a_call_of_an_earlier_opening_acknowledges_nothing(lost: Pager) -> None:
    await lost.world.do(resolution.resolve, lost.world.olive, 1)
    await lost.world.do(resolution.reopen, lost.world.olive, 1, reason="Not over")

    assert await press(lost) == "over"

    assert await lost.world.status(1) == "triggered"


@pytest.mark.parametrize(("action", "user"), [("open", OLIVE), ("else", OLIVE)])
async def test_other_buttons_change_nothing(lost: Pager, action: str, user: str) -> None:
    assert await press(lost, user, action=action) == "kept already, or ignored"

    assert await lost.world.status(1) == "triggered"


async def test_what_the_door_has_left_undone_a_pager_does(lost: Pager) -> None:
    await lost.world.do(pressing.keep, pressed(lost))

    at_once = await answer(lost)
    await lost.advance(seconds=3)
    later = await answer(lost)
    await answer(lost)

    assert (at_once, later) == (0, 1)
    assert await lost.world.status(1) == "acknowledged"
    assert lost.slack.last.is_rewritten


async def test_the_address_for_answers_is_stored_sealed(lost: Pager) -> None:
    await press(lost)

    assert "/actions/" not in str(await lost.world.rows("select * from slack_press"))


async def test_five_ways_at_the_same_instant_are_one_acknowledgement(lost: Pager) -> None:
    world, ivan = lost.world, lost.world.ivan
    queued_at = await world.one("select queued_at from page where step = 1 order by id limit 1")
    call = {"number": 1, "generation": 1, "step": 1, "queued_at": queued_at}
    token = links.acknowledgement_link("", "k" * 64, **call).rpartition("/")[2]
    token_of_a_script = replace(ivan, kind="token", name="script")

    await asyncio.gather(
        world.acknowledge(1),
        world.acknowledge(1, token_of_a_script, via="graphql"),
        world.report("acknowledged", "opsbook:1:1:1"),
        world.do(links.acknowledge, "k" * 64, token),
        press(lost),
    )

    said = await world.rows(
        "select kind, payload ->> 'via' from incident_event where kind like 'acknowledged%' order by seq"
    )
    assert [kind for kind, _ in said] == ["acknowledged", *["acknowledged_also"] * 4]
    assert {via for _, via in said} == {"console", "graphql", "pagerduty", "link", "slack"}
