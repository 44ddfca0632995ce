from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app import clock
from app.errors import Conflict, Forbidden, InvalidInput, LimitExceeded, NotFound, Unauthenticated
from app.security import half_sign_ins, people, rules, second_factor, sessions, sign_in, totp
from app.security.secrets import Keyring
from app.security.sign_in import Browser, SignedIn
from app.security.viewer import Viewer
from tests.app.security.conftest import World

pytestmark = pytest.mark.anyio

KEYRING = Keyring.of(["m" * 32], "k" * 32)
FIREFOX = Browser("Firefox", "192.0.2.7")
PASSWORD = "four words make one"


async def sign_up(world: World) -> Viewer:
    """Sign Olive in by link, with a password that she has set."""
    async with world.database.unit_of_work() as work:
        await people.set_password(work, world.olive, password=PASSWORD)
        key = await sessions.begin(work, world.olive.id or 0, user_agent="", address="")
    found = await sessions.who(world.database, key)
    assert found is not None
    return found


async def code(world: World, secret: str, *, ahead: int = 0) -> str:
    async with world.database.unit_of_work() as work:
        moment = await clock.read(work.session)
    return totp.code(secret, totp.step_at(moment) + ahead)


async def propose(world: World, viewer: Viewer) -> str:
    async with world.database.unit_of_work() as work:
        return await second_factor.propose(work, KEYRING, viewer)


async def confirm(world: World, viewer: Viewer, typed: str) -> list[str]:
    async with world.database.unit_of_work() as work:
        return await second_factor.confirm(work, KEYRING, viewer, code=typed)


async def set_up(world: World) -> tuple[Viewer, str, list[str]]:
    """Give Olive a second factor; answers her, its secret and the recovery codes. Its first step is over."""
    viewer = await sign_up(world)
    secret = await propose(world, viewer)
    codes = await confirm(world, viewer, await code(world, secret))
    await world.advance(seconds=60)
    return viewer, secret, codes


async def check(world: World, typed: str) -> bool:
    async with world.database.unit_of_work() as work:
        return await second_factor.check(work, KEYRING, world.olive.id or 0, code=typed)


async def enter(world: World) -> SignedIn:
    return await sign_in.with_password(
        world.database, FIREFOX, email="olive@example.com", password=PASSWORD, next_path="/activity"
    )


async def finish(world: World, half: SignedIn, typed: str) -> SignedIn:
    return await sign_in.with_code(world.database, KEYRING, FIREFOX, half_key=half.key, code=typed)


async def test_it_counts_for_nothing_until_its_first_code(world: World) -> None:
    viewer = await sign_up(world)
    secret = await propose(world, viewer)

    with pytest.raises(InvalidInput) as refused:
        await confirm(world, viewer, "000000")
    before = await enter(world)
    await confirm(world, viewer, await code(world, secret))

    assert refused.value.path == ("code",)
    assert (before.is_half, (await enter(world)).is_half) == (False, True)


async def test_setting_it_up_ends_the_other_sessions_and_is_audited(world: World) -> None:
    viewer = await sign_up(world)
    elsewhere = await enter(world)
    secret = await propose(world, viewer)

    await confirm(world, viewer, await code(world, secret))

    assert await sessions.who(world.database, elsewhere.key) is None
    assert (await world.audited())[-1] == "second_factor.add"


async def test_its_secret_is_sealed_for_its_owner_and_its_codes_are_hashed(world: World) -> None:
    _, secret, codes = await set_up(world)

    stored = await world.one("select string_agg(person::text, ' ') from person")
    stored += await world.one("select string_agg(recovery_code::text, ' ') from recovery_code")

    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert secret not in stored
    assert not any(one in stored or one.replace("-", "") in stored for one in codes)


async def test_a_second_one_is_refused_while_there_is_one(world: World) -> None:
    viewer, _, _ = await set_up(world)

    with pytest.raises(Conflict):
        await propose(world, viewer)


async def test_the_code_is_asked_for_and_leads_to_where_one_wanted(world: World) -> None:
    _, secret, _ = await set_up(world)
    half = await enter(world)

    signed_in = await finish(world, half, await code(world, secret))

    assert await sessions.who(world.database, half.key) is None
    assert await sessions.who(world.database, signed_in.key) is not None
    assert signed_in.key != half.key
    assert signed_in.next_path == "/activity"
    assert await world.one("select begun_by from session order by id desc limit 1") == "password and code"


async def test_a_code_counts_once_and_so_do_all_before_it(world: World) -> None:
    _, secret, _ = await set_up(world)
    early, now = await code(world, secret, ahead=-1), await code(world, secret)

    assert [await check(world, one) for one in (now, now, early)] == [True, False, False]
    assert await check(world, await code(world, secret, ahead=1))


async def test_of_two_with_one_code_one_gets_in(world: World) -> None:
    _, secret, _ = await set_up(world)
    typed = await code(world, secret)

    found = await asyncio.gather(*(check(world, typed) for _ in range(6)))

    assert sum(found) == 1


async def test_a_recovery_code_counts_once_however_it_is_spelled(world: World) -> None:
    _, _, codes = await set_up(world)

    spelled = [codes[0].lower().replace("-", " "), codes[0], codes[1]]

    assert [await check(world, one) for one in spelled] == [True, False, True]
    assert (await world.audited()).count("second_factor.recover") == 2


async def test_somebody_elses_recovery_code_is_none(world: World) -> None:
    _, _, codes = await set_up(world)

    async with world.database.unit_of_work() as work:
        assert not await second_factor.check(work, KEYRING, world.ivan.id or 0, code=codes[0])


async def test_half_a_sign_in_ends_after_five_minutes_and_when_it_is_done(world: World) -> None:
    _, secret, codes = await set_up(world)
    late, done = await enter(world), await enter(world)
    await finish(world, done, await code(world, secret))

    with pytest.raises(Unauthenticated, match="took too long"):
        await finish(world, done, codes[0])
    await world.advance(minutes=5)
    with pytest.raises(Unauthenticated, match="took too long"):
        await finish(world, late, codes[0])


async def test_guessing_codes_is_slowed_down(world: World) -> None:
    await set_up(world)
    half = await enter(world)

    for _ in range(5):
        with pytest.raises(InvalidInput):
            await finish(world, half, "000000")
    with pytest.raises(LimitExceeded):
        await finish(world, half, "000000")


async def test_taking_it_away_needs_a_code_and_ends_the_other_sessions(world: World) -> None:
    viewer, secret, _ = await set_up(world)
    elsewhere = await finish(world, await enter(world), await code(world, secret))

    with pytest.raises(InvalidInput):
        await remove(world, viewer, "000000")
    await remove(world, viewer, await code(world, secret, ahead=1))

    assert await sessions.who(world.database, elsewhere.key) is None
    assert not (await enter(world)).is_half
    assert (await world.audited()).count("second_factor.remove") == 1
    assert await world.one("select count(*) from recovery_code") == 0


async def remove(world: World, viewer: Viewer, typed: str) -> None:
    async with world.database.unit_of_work() as work:
        await second_factor.remove(work, KEYRING, viewer, code=typed)


async def test_an_administrator_resets_what_was_lost_and_nobody_else_does(world: World) -> None:
    await set_up(world)
    olive = world.olive.id or 0

    async with world.database.unit_of_work() as work:
        with pytest.raises(Forbidden):
            await second_factor.reset(work, world.olive, olive)
        await second_factor.reset(work, world.paula, olive)
    async with world.database.unit_of_work() as work:
        with pytest.raises(NotFound):
            await second_factor.reset(work, world.paula, olive)

    assert not (await enter(world)).is_half
    assert "second_factor.reset" in await world.audited()
    assert await world.one("select count(*) from session where revoked_at is null") == 1


async def test_what_waits_for_a_code_is_forgotten_with_its_person(world: World) -> None:
    _, secret, _ = await set_up(world)
    half = await enter(world)
    async with world.database.unit_of_work() as work:
        await people.deactivate(work, world.paula, world.olive.id or 0)

    with pytest.raises(InvalidInput):
        await finish(world, half, await code(world, secret))


async def test_a_forgotten_password_is_replaced_by_who_came_by_link_just_now(world: World) -> None:
    viewer = await sign_up(world)

    await change(world, viewer)
    await world.advance(minutes=15)
    with pytest.raises(InvalidInput) as refused:
        await change(world, viewer)

    assert refused.value.path == ("current",)
    assert timedelta(minutes=15) == rules.FRESH


async def test_who_came_by_password_needs_it_for_another(world: World) -> None:
    await sign_up(world)
    viewer = await sessions.who(world.database, (await enter(world)).key)
    assert viewer is not None

    with pytest.raises(InvalidInput):
        await change(world, viewer)


async def change(world: World, viewer: Viewer) -> None:
    await sign_in.change_password(
        world.database, viewer, current="", new="six words are better than four", address="192.0.2.7"
    )


def test_the_sentence_for_who_was_too_slow_says_what_to_do() -> None:
    assert half_sign_ins.EXPIRED.endswith("Begin again.")
