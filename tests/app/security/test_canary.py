"""No key, token or password appears in any log line, error or repr, even before logs are masked."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from app.errors import OpsbookError
from app.security import link_requests, links, people, sessions, sign_in, tokens
from app.security.authentication import ANONYMOUS, Identity, identify
from app.security.keys import digest
from app.security.permissions import SYSTEM
from app.security.secrets import Keyring
from app.security.sign_in import Browser
from app.settings import Settings
from tests.app.security.conftest import World
from tests.fakes import mail
from tests.views.guard.conftest import ask
from views import guard

pytestmark = pytest.mark.anyio

PASSWORD, WRONG = "tweety four words", "tweety wrong words"
RELAY_LOG = "mail.log"  # the stand-in's own
BROWSER = Browser("Firefox", "192.0.2.7")


class Ear:
    """Hears every log line and the text of every failure."""

    def __init__(self, lines: list[Any], log: pytest.LogCaptureFixture) -> None:
        self._lines = lines
        self._log = log
        self._failures: list[str] = []

    async def listen(self, doing: Awaitable[Any]) -> Any:
        try:
            return await doing
        except Exception as error:  # noqa: BLE001 - whatever it is, its text is heard
            self._failures += traceback.format_exception(error)
            self._failures += [repr(error), str(getattr(error, "__dict__", ""))]

    @property
    def heard(self) -> str:
        causes = [one["exc_info"] for one in self._lines if isinstance(one.get("exc_info"), BaseException)]
        traces = [line for cause in causes for line in traceback.format_exception(cause)]
        logged = [one.getMessage() for one in self._log.records if one.name != RELAY_LOG]
        return "\n".join([*map(str, self._lines), *traces, *self._failures, *logged])


@pytest.fixture
async def ear(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Ear]:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as lines:
        yield Ear(lines, caplog)


async def link_key(world: World) -> str:
    async with world.database.unit_of_work() as work:
        return await links.create_by_hand(work, SYSTEM, email="olive@example.com")


async def new_token(world: World) -> tuple[int, str]:
    async with world.database.unit_of_work() as work:
        return await tokens.create(work, SYSTEM, name="script", scopes=["incidents:read"])


async def set_password(world: World, password: str) -> None:
    async with world.database.unit_of_work() as work:
        await people.set_password(work, world.olive, password=password)


async def begin(world: World) -> str:
    async with world.database.unit_of_work() as work:
        return await sessions.begin(work, 1, user_agent="", address="")


async def ask_for_link(world: World) -> None:
    async with world.database.unit_of_work() as work:
        await link_requests.request_link(work, email="olive@example.com", next_path="/", address="a")


async def break_tables(world: World) -> None:
    async with world.database.engine.begin() as connection:
        for table in ("session", "sign_in_link", "api_token", "person"):
            await connection.execute(text(f"alter table {table} rename to lost_{table}"))


async def test_a_password_is_heard_nowhere(world: World, ear: Ear) -> None:
    await set_password(world, PASSWORD)

    for password in (PASSWORD, WRONG, *[WRONG] * 6):
        doing = sign_in.with_password(world.database, BROWSER, email="olive@example.com", password=password)
        await ear.listen(doing)
    await ear.listen(set_password(world, "tweety-1234"))

    assert "sign_in_refused" in ear.heard
    assert "tweety" not in ear.heard


async def test_a_session_and_its_key_are_heard_nowhere(world: World, ear: Ear) -> None:
    used = await link_key(world)
    signed_in = await sign_in.with_link(world.database, BROWSER, key=used)

    await ear.listen(sign_in.with_link(world.database, BROWSER, key=used))
    await ear.listen(sessions.who(world.database, signed_in.key))

    assert "has been used" in ear.heard
    assert used not in ear.heard
    assert signed_in.key not in ear.heard + repr(signed_in)


async def test_a_token_is_heard_nowhere(world: World, ear: Ear) -> None:
    number, token = await new_token(world)
    async with world.database.unit_of_work() as work:
        await tokens.revoke(work, SYSTEM, number)

    await ear.listen(identify(world.database, session_key=None, authorization=f"Bearer {token}"))

    assert "not valid" in ear.heard
    assert token[12:] not in ear.heard


async def test_a_mailed_link_and_the_address_are_heard_nowhere(world: World, ear: Ear) -> None:
    async with mail.serving() as relay:
        for trouble in (True, False):
            relay.trouble = "4xx" if trouble else "none"
            await ear.listen(ask_for_link(world))
            await ear.listen(link_requests.send_requested(world.database, Settings(smtp_url=relay.url)))
    (letter,) = relay.letters

    assert "sign_in_link_not_mailed" in ear.heard
    assert letter.get_content().split("key=")[1].split()[0] not in ear.heard
    assert "olive@" not in ear.heard.lower()


async def test_a_broken_database_gives_nothing_away(world: World, ear: Ear) -> None:
    _, token = await new_token(world)
    key = await link_key(world)
    await break_tables(world)

    await ear.listen(begin(world))
    await ear.listen(sign_in.with_link(world.database, BROWSER, key=key))
    await ear.listen(sign_in.with_password(world.database, BROWSER, email="a@b", password=PASSWORD))
    await ear.listen(identify(world.database, session_key=key, authorization=None))
    await ear.listen(identify(world.database, session_key=None, authorization=f"Bearer {token}"))

    assert ear.heard.count("does not exist") >= 5
    for secret in (token[12:], key, "tweety", digest(key).hex()):
        assert secret not in ear.heard


async def test_a_request_that_breaks_gives_nothing_away(ear: Ear) -> None:
    async def who(_scope: Scope, _key: str | None, _authorization: str | None) -> Identity:
        return ANONYMOUS

    async def breaks(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()
        structlog.get_logger().info("working")
        raise RuntimeError("broken")

    app: Any = breaks
    for middleware in reversed(guard.middleware(Settings(), identify=who)):
        app = middleware.cls(app, *middleware.args, **middleware.kwargs)
    headers = [("cookie", "__Host-session=tweety"), ("authorization", "Bearer tweety")]
    await ask(app, "POST", "/acknowledge/tweety", headers=headers, body=b"password=tweety")

    assert "request_failed" in ear.heard
    assert "tweety" not in ear.heard


def test_what_holds_a_secret_does_not_show_it() -> None:
    key = "tweety" * 8
    settings = Settings(secret_key=key, master_keys=(key,), smtp_url="smtp://user:tweety@relay")
    ring = Keyring.of(settings.master_keys, key)
    with pytest.raises(OpsbookError) as refused:
        ring.open("endpoint:4", ring.seal("endpoint:3", "tweety"))

    shown = repr(settings) + repr(ring) + "".join(traceback.format_exception(refused.value))

    assert "tweety" not in shown.replace(__file__, "").replace('"tweety"', "")
