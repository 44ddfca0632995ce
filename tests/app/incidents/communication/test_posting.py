from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.errors import Conflict, Forbidden, InvalidInput
from app.incidents.communication import posting, previewing
from app.incidents.communication.given import Given
from app.incidents.communication.library import ROOT
from app.incidents.words import Severity
from app.security.permissions import Actor, Role, granted
from tests.app.incidents.communication.desk import BASE, GIVEN, notices, post, subscribe, tell, wanted
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio
SENT = "select sent_at is not null from status_update where id = :id"


async def test_a_message_about_an_s2_leaves_at_once(world: World) -> None:
    number = await world.declare(severity=Severity.S2)
    await subscribe(world, "community", "forum@example.org")

    message = await post(world, number)

    assert await world.one(SENT, id=message)
    assert await notices(world) == [
        ("update", "mail", "forum@example.org", "queued"),
        ("update", "slack", "incident channel", "queued"),
        ("update", "statuspage", "status page", "queued"),
    ]


async def test_what_is_sent_keeps_its_template_and_its_hash(world: World) -> None:
    message = await tell(world, await world.declare())

    [(body, path, sha256, edited)] = await world.rows(
        "select body, template_path, template_sha256, edited from status_update where id = :id", id=message
    )
    assert "We are looking into problems with card payments and refunds." in body
    assert sha256 == hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
    assert not edited


@pytest.mark.parametrize("severity", [Severity.S0, Severity.S1])
@pytest.mark.parametrize("audience", ["community", "enterprise"])
async def test_what_outsiders_read_of_a_severe_incident_waits_for_approval(
    world: World, severity: Severity, audience: str
) -> None:
    message = await post(world, await world.declare(severity=severity), audience)

    assert not await world.one(SENT, id=message)
    assert await notices(world) == [
        ("approval", "mail", "ivan@example.com", "queued"),
        ("approval", "mail", "paula@example.com", "queued"),
        ("approval", "slack", "incident channel", "queued"),
    ]


async def test_colleagues_are_told_without_approval(world: World) -> None:
    message = await post(world, await world.declare(severity=Severity.S0), "internal")

    assert await world.one(SENT, id=message)


@pytest.mark.parametrize("who", ["ivan", "paula"])
async def test_a_commander_or_the_policy_owner_approves_and_sends(world: World, who: str) -> None:
    number = await world.declare()
    message = await post(world, number)

    await world.do(posting.approve, getattr(world, who), message)

    assert await world.one(SENT, id=message)
    assert (await world.kinds(number))[-2:] == ["status_update_written", "status_update_sent"]


async def test_nobody_approves_alone_what_they_wrote(world: World) -> None:
    message = await post(world, await world.declare(), by=world.ivan)

    with pytest.raises(Forbidden, match="somebody else approves it"):
        await world.do(posting.approve, world.ivan, message)

    await world.do(posting.approve, world.paula, message)
    assert await world.one(SENT, id=message)


async def test_the_database_sends_nothing_that_only_its_author_approved(world: World) -> None:
    message = await post(world, await world.declare(), by=world.ivan)

    for approver in ("null", "author_id"):
        with pytest.raises(IntegrityError, match="ck_status_update_approved"):
            await world.change(
                f"update status_update set sent_at = clock_timestamp(), approver_id = {approver}"
                " where id = :id",
                id=message,
            )


async def test_an_operator_approves_nothing(world: World) -> None:
    message = await post(world, await world.declare(), by=world.ivan)

    with pytest.raises(Forbidden, match="A commander or the policy owner"):
        await world.do(posting.approve, world.olive, message)


async def test_a_token_approves_nothing(world: World) -> None:
    message = await post(world, await world.declare())
    script = Actor("token", 7, "script", granted([Role.COMMANDER]), frozenset({Role.COMMANDER}))

    with pytest.raises(Forbidden, match="Only a person"):
        await world.do(posting.approve, script, message)


async def test_what_was_sent_is_neither_approved_nor_sent_back_again(world: World) -> None:
    message = await tell(world, await world.declare())

    for command in (posting.approve, posting.send_back):
        with pytest.raises(Conflict, match="has been sent"):
            await world.do(command, world.paula, message)


async def test_the_database_lets_nobody_change_what_was_sent(world: World) -> None:
    message = await tell(world, await world.declare())

    with pytest.raises(IntegrityError, match="append-only"):
        await world.change("update status_update set body = 'x' where id = :id", id=message)


async def test_a_promise_that_has_passed_is_not_approved(world: World) -> None:
    message = await post(world, await world.declare())
    await world.advance(minutes=20)

    with pytest.raises(Conflict, match="has passed"):
        await world.do(posting.approve, world.ivan, message)


async def test_a_newer_message_takes_the_place_of_one_that_waits(world: World) -> None:
    number = await world.declare()
    first = await post(world, number)

    second = await post(world, number, status="identified")

    waiting = "select id from status_update where sent_at is null and discarded_at is null"
    assert await world.column(waiting) == [second]
    with pytest.raises(Conflict):
        await world.do(posting.approve, world.ivan, first)


async def test_what_was_sent_back_begins_the_next_draft(world: World) -> None:
    number = await world.declare()
    message = await post(world, number)
    await world.do(posting.send_back, world.ivan, message)

    found = await world.do(previewing.draft, world.olive, number, wanted().audience)

    assert found.given == Given.of(GIVEN.kept)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (Given(summary="They fail."), "affected"),
        (Given(affected=["  "], summary="They fail."), "affected"),
        (Given(affected=["payments"]), "summary"),
        (Given(affected=["payments"], summary="x" * 2001), "summary"),
    ],
)
async def test_a_missing_word_is_wrong_at_its_field(world: World, given: Given, field: str) -> None:
    number = await world.declare()

    with pytest.raises(InvalidInput) as raised:
        await post(world, number, given=given)

    assert raised.value.path == (field,)


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("We fix {{ titel }}", "text", "`titel` is not known"),
        ("OPS {{ title }}", "text", "`title` is not known"),
        ("Fix {{ details }}", "details", "`details` has no value"),
        ("{% if %}", "text", "line 1"),
    ],
)
async def test_a_wrong_variable_is_wrong_at_its_field(world: World, text: str, field: str, said: str) -> None:
    number = await world.declare()

    with pytest.raises(InvalidInput, match=said) as raised:
        await post(world, number, text=text)

    assert raised.value.path == (field,)


async def test_an_edited_wording_says_so(world: World) -> None:
    number = await world.declare(severity=Severity.S2)

    message = await post(world, number, text="We fix {{ affected }}.\r\n", subject="Repair of {{ affected }}")

    found = await world.rows("select subject, body, edited from status_update where id = :id", id=message)
    assert found == [("Repair of card payments and refunds", "We fix card payments and refunds.\n", True)]


async def test_nobody_promises_to_be_silent_for_days(world: World) -> None:
    number = await world.declare()
    now = await world.one("select clock_timestamp()")

    for moment in (now - timedelta(seconds=1), now + timedelta(hours=25)):
        with pytest.raises(InvalidInput) as raised:
            await post(world, number, next_update_at=moment)
        assert raised.value.path == ("nextUpdateAt",)


async def test_a_preview_is_what_the_reader_gets_and_shows_what_is_new(world: World) -> None:
    number = await world.declare()
    await subscribe(world, "community", "a@example.org", "b@example.org")
    await tell(world, number)

    asked = wanted(given=Given(["card payments"], "Some payments fail at checkout.", details="We know why."))
    found = await world.do(previewing.preview, world.olive, number, asked, base_url=BASE)

    assert "<p>We know why.</p>" in found.html
    assert {(line.change, line.text) for line in found.changes} >= {("new", "We know why.")}
    assert (found.needs_approval, found.readers) == (True, 2)
    assert await world.one("select count(*) from status_update") == 1


@pytest.mark.parametrize(
    ("status", "suggested"),
    [("acknowledged", "identified"), ("mitigated", "monitoring"), ("resolved", "resolved")],
)
async def test_the_draft_fits_where_the_incident_stands(world: World, status: str, suggested: str) -> None:
    number = await world.declare()
    await tell(world, number, status="identified")
    await world.set_status(number, status)

    found = await world.do(previewing.draft, world.olive, number, wanted().audience)

    assert found.status == suggested
