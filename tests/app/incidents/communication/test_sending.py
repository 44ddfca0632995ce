from __future__ import annotations

import asyncio

import pytest

from app.errors import Conflict
from app.incidents.communication import notices, posting
from app.incidents.words import Severity
from tests.app.incidents.communication.conftest import Post
from tests.app.incidents.communication.desk import post as write
from tests.app.incidents.communication.desk import subscribe, tell
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio


async def told(post: Post, audience: str = "community", **options: str) -> int:
    """Tell an audience of an S2; answers the incident's number."""
    number = await post.world.declare(severity=Severity.S2)
    await tell(post.world, number, audience, **options)
    return number


async def test_the_community_gets_one_copy_by_each_channel(post: Post) -> None:
    await subscribe(post.world, "community", "a@example.org", "b@example.org")
    await subscribe(post.world, "enterprise", "cto@example.com")

    await told(post)
    await post.send_due()

    assert sorted(post.relay.recipients) == ["a@example.org", "b@example.org"]
    [incident] = post.statuspage.board.incidents
    assert (incident.name, incident.status) == ("Problems with card payments and refunds", "investigating")
    assert [one.text for one in post.slack.channel.messages] == [
        "OPS-1 S2: told the community, investigating"
    ]


async def test_enterprise_customers_are_written_to_and_nobody_else(post: Post) -> None:
    await subscribe(post.world, "community", "a@example.org")
    await subscribe(post.world, "enterprise", "cto@example.com")

    await told(post, "enterprise")
    await post.send_due()

    assert post.relay.recipients == ["cto@example.com"]
    assert post.statuspage.board.incidents == []


async def test_letters_about_one_incident_are_one_thread_with_a_way_out(post: Post) -> None:
    await subscribe(post.world, "enterprise", "cto@example.com")
    number = await told(post, "enterprise")
    await tell(post.world, number, "enterprise", status="resolved")
    await post.send_due()

    first, second = post.relay.letters
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"] == "<incident.1.enterprise@opsbook>"
    assert first["List-Unsubscribe"].startswith("<https://ops.example/hooks/unsubscribe/")
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = first.get_body(("html",))
    assert html is not None
    assert "<p>Dear customer,</p>" in html.get_content()


async def test_a_letter_whose_reply_was_lost_comes_again_under_the_same_id(post: Post) -> None:
    await subscribe(post.world, "enterprise", "cto@example.com")
    await told(post, "enterprise")
    post.relay.trouble = "drop_after_data"
    await post.send_due()
    post.relay.trouble = "none"
    await post.world.advance(seconds=3)

    await post.send_due()

    assert len(post.relay.letters) == 2
    assert len({letter["Message-ID"] for letter in post.relay.letters}) == 1
    assert await post.states("mail") == ["delivered"]


async def test_a_reader_that_does_not_exist_is_red_and_can_be_tried_again(post: Post) -> None:
    await subscribe(post.world, "enterprise", "gone@example.com")
    await told(post, "enterprise")
    post.relay.trouble = "no_such_person"
    await post.send_due()
    assert await post.states("mail") == ["failed"]
    post.relay.trouble = "none"

    key = await post.world.one("select id from notice where channel = 'mail'")
    await post.world.do(notices.again, post.world.olive, key)
    await post.send_due()

    assert await post.states("mail") == ["delivered"]
    with pytest.raises(Conflict):
        await post.world.do(notices.again, post.world.olive, key)


async def test_statuspage_shows_an_update_once_though_its_reply_is_lost(post: Post) -> None:
    post.statuspage.faults.once.extend(["none", "none", "lose_reply"])

    await told(post)
    await post.send_due()

    [incident] = post.statuspage.board.incidents
    assert len(incident.entries) == 1
    assert await post.states("statuspage") == ["delivered"]


async def test_statuspage_gets_updates_in_their_order(post: Post) -> None:
    number = await told(post)
    await tell(post.world, number, status="identified")
    await tell(post.world, number, status="resolved")

    for _ in range(4):
        await post.send_due()
        await post.world.advance(seconds=1)

    [incident] = post.statuspage.board.incidents
    assert [entry.status for entry in incident.entries] == ["investigating", "identified", "resolved"]


async def test_slack_is_not_told_twice_when_its_reply_is_lost(post: Post) -> None:
    post.slack.faults.always = "lose_reply"
    number = await told(post, "internal")
    await post.send_due()
    await post.world.advance(minutes=5)
    await post.send_due()

    assert len(post.slack.channel.messages) == 1
    assert await post.states("slack") == ["uncertain"]
    assert "notice_failed" in await post.world.kinds(number)


async def test_slack_is_told_later_when_it_turns_us_away(post: Post) -> None:
    post.slack.faults.once.append("429")
    await told(post, "internal")
    await post.send_due()
    await post.world.advance(seconds=2)
    await post.send_due()

    assert len(post.slack.channel.messages) == 1
    assert await post.states("slack") == ["delivered"]


async def test_a_process_that_dies_before_it_speaks_to_slack_leaves_it_to_the_next(post: Post) -> None:
    await told(post, "internal")
    await post.claim()
    await post.world.advance(seconds=18)

    await post.send_due()

    assert len(post.slack.channel.messages) == 1


async def test_a_process_that_dies_while_it_speaks_to_slack_asks_a_person(post: Post) -> None:
    post.slack.faults.always = "hang"
    await told(post, "internal")
    [parcel] = await post.claim()
    dying = asyncio.create_task(post.send(parcel))
    while not await post.world.one("select left_at is not null from notice"):
        await asyncio.sleep(0.01)
    dying.cancel()
    await post.world.advance(seconds=18)

    await post.send_due()

    assert post.slack.channel.messages == []
    assert await post.states("slack") == ["uncertain"]


async def test_what_is_not_set_up_is_left_out(post: Post) -> None:
    post.set(slack_webhook_url=None, statuspage_token=None, smtp_url=None)
    await subscribe(post.world, "community", "a@example.org")

    await told(post)
    await post.send_due()

    found = await post.world.rows("select channel, state from notice order by channel")
    assert found == [("mail", "failed"), ("slack", "left_out"), ("statuspage", "left_out")]


async def test_what_cannot_be_delivered_for_hours_is_given_up(post: Post) -> None:
    await subscribe(post.world, "enterprise", "cto@example.com")
    await told(post, "enterprise")
    post.relay.trouble = "4xx"
    await post.send_due()
    await post.world.advance(hours=7)

    await post.send_due()

    assert await post.states("mail") == ["failed"]


async def test_who_may_approve_is_written_to_and_told_in_slack(post: Post) -> None:
    await write(post.world, await post.world.declare())

    await post.send_due()

    assert sorted(post.relay.recipients) == ["ivan@example.com", "paula@example.com"]
    assert "https://ops.example/incidents/1/comms" in post.relay.letters[0].get_content()
    assert post.slack.last.text == "OPS-1 S1: waits for approval, to the community"


async def test_a_frozen_process_sends_nothing(post: Post) -> None:
    await told(post, "internal")
    [parcel] = await post.claim()
    object.__setattr__(parcel, "leave_before", 0.0)

    await post.send(parcel)

    assert post.slack.channel.messages == []


async def test_two_workers_send_each_copy_once(post: Post) -> None:
    emails = [f"reader-{number}@example.org" for number in range(60)]
    await subscribe(post.world, "community", *emails)
    await told(post)

    await asyncio.gather(post.send_due(), post.send_due())

    assert sorted(post.relay.recipients) == sorted(emails)


async def test_letting_it_wait_tells_no_reader(world: World) -> None:
    await subscribe(world, "community", "a@example.org")
    message = await write(world, await world.declare())
    await world.do(posting.send_back, world.ivan, message)

    assert await world.column("select recipient from notice where purpose = 'update'") == []
