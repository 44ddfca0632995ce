from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie

import pytest
from starlette.types import Scope

from app.security.authentication import ANONYMOUS, Identity
from tests.views.guard.conftest import Inner, Pairs, ask
from views.guard import sessions
from views.guard.sessions import Sessions, Visitor, visitor

pytestmark = pytest.mark.anyio


class Asked:
    """Stands for `identify`, which has tests of its own: notes what it is asked with."""

    def __init__(self) -> None:
        self.facts: list[tuple[str | None, str | None]] = []

    async def __call__(self, _scope: Scope, session_key: str | None, authorization: str | None) -> Identity:
        self.facts.append((session_key, authorization))
        await asyncio.sleep(0)
        return ANONYMOUS


async def visit(asked: Asked, headers: Pairs = (), path: str = "/") -> Visitor:
    inner = Inner()
    await ask(Sessions(inner, identify=asked), path=path, headers=headers)
    return visitor(inner.scope)


async def test_nobody_is_asked_for_until_somebody_wants_to_know() -> None:
    asked = Asked()

    await visit(asked, [("cookie", "__Host-session=k")])

    assert asked.facts == []


async def test_who_it_is_is_asked_once_however_many_want_to_know_at_once() -> None:
    asked = Asked()
    found = await visit(asked, [("cookie", "a=b; __Host-session=k; c=d"), ("authorization", "Bearer t")])

    await asyncio.gather(*(found.identity() for _ in range(5)))

    assert asked.facts == [("k", "Bearer t")]


@pytest.mark.parametrize(
    ("cookies", "key"),
    [
        ([], None),
        (["session=k", "host-session=k", "__host-session=k"], None),
        (["__Host-session=k"], "k"),
        (["__Host-session=a=b="], "a=b="),
        (["__Host-session=k; __Host-session=k"], "k"),
        (["__Host-session=k; __Host-session=other"], None),
        (["__Host-session=k", "__Host-session=other"], None),
    ],
)
async def test_the_key_is_read_from_the_one_cookie_that_only_we_can_set(
    cookies: list[str], key: str | None
) -> None:
    found = await visit(Asked(), [("cookie", one) for one in cookies])

    assert found.session_key == key


@pytest.mark.parametrize("path", ["/ingest/alertmanager/x", "/v2/enqueue", "/hooks/stripe"])
async def test_at_a_machines_address_a_cookie_counts_for_nothing(path: str) -> None:
    found = await visit(Asked(), [("cookie", "__Host-session=k")], path)

    assert found.session_key is None


def test_the_cookie_is_bound_to_this_host_and_hidden_from_scripts() -> None:
    name, value = sessions.cookie("key")
    (cookie,) = SimpleCookie(value).values()

    assert (name, cookie.key, cookie.value) == ("set-cookie", "__Host-session", "key")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (
        True,
        True,
        "Lax",
        "/",
    )
    assert (cookie["domain"], cookie["max-age"]) == ("", str(30 * 24 * 3600))


def test_signing_out_makes_the_browser_forget_the_same_cookie() -> None:
    (cookie,) = SimpleCookie(sessions.no_cookie()[1]).values()

    assert (cookie.key, cookie.value, cookie["max-age"], cookie["path"]) == ("__Host-session", "", "0", "/")
