import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, closing
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from app.outside import guarded, http
from app.outside.names import Names as SystemNames
from tests.app.outside.certificates import self_signed
from tests.app.outside.inside import ADDRESSES
from tests.fakes import raw
from tests.fakes.names import Names

pytestmark = pytest.mark.anyio
KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
OK = KEPT.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
Opening = AbstractAsyncContextManager[guarded.GuardedClient]
HERE = (ip_network("127.0.0.1/32"),)
BLOCKED = http.Failure("blocked_address", permanent=True)


@pytest.fixture
async def client() -> AsyncIterator[guarded.GuardedClient]:
    async with guarded.opened() as client:
        yield client


def with_names(
    **answers: list[list[str]],
) -> tuple[Names, AbstractAsyncContextManager[guarded.GuardedClient]]:
    names = Names({f"{name}.example": found for name, found in answers.items()})
    return names, guarded.opened(HERE, look_up=names.look_up)


def at(name: str, server: raw.Requests) -> str:
    return server.url.replace("127.0.0.1", f"{name}.example")


def kinds(answers: Iterable[http.Answer | http.Failure]) -> list[int | str]:
    return [one.kind if isinstance(one, http.Failure) else one.status for one in answers]


async def test_a_loopback_server_is_not_dialled(client: guarded.GuardedClient) -> None:
    async with raw.answering(OK) as server:
        got = await client.send("POST", server.url, body=b"{}")

    assert got == http.Failure("blocked_port", permanent=True)
    assert server.connections == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1", "http://localhost", "https://[::1]", "http://0x7f.1"])
async def test_ways_to_write_loopback_are_refused(client: guarded.GuardedClient, url: str) -> None:
    assert await client.send("GET", url) == BLOCKED


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    names = Names({"hooks.example": [[address]]})

    async with guarded.opened(look_up=names.look_up) as client:
        got = await client.send("POST", "https://hooks.example/", body=b"{}")

    assert got == BLOCKED


async def test_an_allowed_network_is_reached_by_address_and_by_name() -> None:
    _, opening = with_names(hooks=[["127.0.0.1"]])

    async with raw.answering(OK) as server, opening as client:
        answers = [await client.send("POST", url, body=b"{}") for url in (server.url, at("hooks", server))]

    assert kinds(answers) == [200, 200]


async def test_the_server_is_told_the_name_and_not_the_address() -> None:
    _, opening = with_names(hooks=[["127.0.0.1"]])

    async with raw.answering(OK) as server, opening as client:
        await client.send("GET", at("hooks", server))

    assert f"host: {at('hooks', server).removeprefix('http://')}" in server.heads[0].lower()


async def test_tls_asks_for_the_name_and_not_for_the_address(tmp_path: Path) -> None:
    asked: list[str | None] = []
    context = self_signed(tmp_path)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    _, opening = with_names(hooks=[["127.0.0.1"]])

    async with raw.answering(OK, tls=context) as server, opening as client:
        got = await client.send("GET", at("hooks", server))

    assert (got, asked) == (http.Failure("tls"), ["hooks.example"])


async def test_a_name_that_moves_inside_is_refused_when_it_is_dialled_again() -> None:
    names, opening = with_names(hooks=[["127.0.0.1"], ["10.0.0.1"]])

    async with raw.answering(OK) as server, opening as client:
        answers = [await client.send("POST", at("hooks", server), body=b"{}") for _ in range(2)]

    assert kinds(answers) == [200, "blocked_port"]
    assert (server.connections, names.asked) == (1, ["hooks.example"] * 2)


async def test_what_was_judged_is_dialled_without_asking_again() -> None:
    names, opening = with_names(hooks=[["127.0.0.1"], ["10.0.0.1"]])

    async with raw.answering(OK) as server, opening as client:
        answers = [await client.send("GET", at("hooks", server))]

    assert (kinds(answers), len(names.asked)) == ([200], 1)


@pytest.mark.parametrize(
    "answers", [["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "::1"]]
)
async def test_one_answer_that_leads_inside_spoils_the_name(answers: list[str]) -> None:
    _, opening = with_names(hooks=[answers])

    async with raw.answering(OK) as server, opening as client:
        got = await client.send("POST", at("hooks", server), body=b"{}")

    assert (got, server.connections) == (http.Failure("blocked_port", permanent=True), 0)


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", "127.1", "hooks.example"])
async def test_an_answer_that_changes_after_it_was_judged_is_judged_again_at_the_dial(address: str) -> None:
    async def look_up(_name: str) -> Sequence[str]:
        return Shifty(["8.8.8.8", address])

    async with guarded.opened(look_up=look_up) as client:
        got = await client.send("GET", "http://hooks.example")

    assert got == BLOCKED


async def test_a_redirect_inside_is_an_answer_that_nobody_follows() -> None:
    _, opening = with_names(hooks=[["127.0.0.1"]])

    async with raw.answering(OK) as inside, opening as client:
        answer = f"HTTP/1.1 307 Away\r\nLocation: {inside.url}\r\nContent-Length: 0\r\n\r\n".encode()
        async with raw.answering(answer) as server:
            got = await client.send("POST", at("hooks", server), body=b"{}")

    assert (kinds([got]), inside.connections) == ([307], 0)


async def test_a_kept_connection_serves_its_own_name_alone() -> None:
    _, opening = with_names(hooks=[["127.0.0.1"]], other=[["10.0.0.1"]])

    async with raw.answering(KEPT, again=True) as server, opening as client:
        answers = [
            await client.send("POST", at(name, server), body=b"{}") for name in ("hooks", "other", "hooks")
        ]

    assert kinds(answers) == [200, "blocked_port", 200]
    assert (server.connections, len(server.heads)) == (1, 2)


async def test_a_connection_that_the_other_client_keeps_is_not_used(client: guarded.GuardedClient) -> None:
    async with raw.answering(KEPT, again=True) as server, http.opened() as trusted:
        answers = [await one.send("GET", server.url) for one in (trusted, client)]

    assert kinds(answers) == [200, "blocked_port"]


async def test_requests_at_once_are_judged_one_by_one() -> None:
    _, opening = with_names(hooks=[["127.0.0.1"]], inside=[["10.0.0.1"]])
    wanted = ["hooks", "inside"] * 50

    async with raw.answering(OK) as server, opening as client:
        answers = await asyncio.gather(*(client.send("POST", at(name, server)) for name in wanted))

    assert kinds(answers) == [200, "blocked_port"] * 50
    assert server.connections == 50


@pytest.mark.parametrize("answers", [{}, {"nowhere": [[]]}], ids=["no such name", "no address"])
async def test_a_name_without_an_address_may_have_one_later(answers: dict[str, list[list[str]]]) -> None:
    _, opening = with_names(**answers)

    async with opening as client:
        got = await client.send("GET", "http://nowhere.example")

    assert got == http.Failure("dns")


async def test_a_name_server_that_keeps_silent_runs_into_the_time_limit() -> None:
    async def silent(_name: str) -> list[str]:
        await asyncio.Event().wait()
        return []

    async with guarded.opened(look_up=silent) as client:
        got = await client.send("GET", "http://hooks.example", within=timedelta(seconds=0.05))

    assert got == http.Failure("timeout")


async def test_the_system_knows_this_machine() -> None:
    with closing(SystemNames()) as names:
        assert set(await names.look_up("localhost")) <= {"127.0.0.1", "::1"}
        with pytest.raises(OSError, match=r"\[Errno"):
            await names.look_up("nowhere.invalid")


class Shifty(list[str]):
    """Answers that are others each time that they are read."""

    def __iter__(self) -> Iterator[str]:
        return iter([self.pop(0)])
