from __future__ import annotations

from ipaddress import ip_network

import pytest

from app.errors import InvalidInput
from app.settings import Settings
from tests.views.guard.conftest import Inner, ask
from views.guard.hosts import Hosts

pytestmark = pytest.mark.anyio

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
SETTINGS = Settings(
    base_url="https://ops.example:8443", allowed_hosts=("Alias.Example",), trusted_proxies=PROXIES
)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8000",
        "localhost:1",
        "[::1]",
        "[::1]:80",
        "ops.example",
        "OPS.example:443",
        "alias.example",
    ],
)
async def test_our_own_names_are_answered_on_any_port(host: str) -> None:
    inner = Inner()

    await ask(Hosts(inner, settings=SETTINGS), host=host)

    assert inner.scope


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "ops.example.evil",
        "xops.example",
        "ops.example@evil",
        "ops.example/",
        "ops.example:x",
        "0.0.0.0",
        "::1",
        " ops.example",
    ],
)
async def test_no_other_name_is(host: str | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        await ask(Hosts(Inner(), settings=SETTINGS), host=host)

    assert refused.value.path == ("host",)


@pytest.mark.parametrize("path", ["/", "/livez"])
@pytest.mark.parametrize("second", ["ops.example", "evil.example"])
async def test_two_hosts_are_one_too_many_even_when_they_agree(path: str, second: str) -> None:
    with pytest.raises(InvalidInput):
        await ask(
            Hosts(Inner(), settings=SETTINGS), path=path, host="ops.example", headers=[("host", second)]
        )


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_a_probe_may_know_only_the_address(path: str) -> None:
    inner = Inner()

    await ask(Hosts(inner, settings=SETTINGS), path=path, host="172.16.3.4:8000")

    assert inner.scope


async def sender_and_scheme(client: str | None, *headers: tuple[str, str]) -> tuple[str | None, str]:
    inner = Inner()
    await ask(Hosts(inner, settings=SETTINGS), client=client, headers=headers)
    assert (
        inner.header("x-forwarded-for")
        == inner.header("x-forwarded-proto")
        == inner.header("forwarded")
        == []
    )
    address = inner.scope["client"][0] if inner.scope["client"] else None
    return address, inner.scope["scheme"]


async def test_a_proxy_of_ours_says_who_asks_and_over_what() -> None:
    forwarded = [("x-forwarded-for", "192.0.2.9"), ("x-forwarded-proto", "https")]

    assert await sender_and_scheme("10.1.2.3", *forwarded) == ("192.0.2.9", "https")
    assert await sender_and_scheme("::ffff:10.1.2.3", *forwarded) == ("192.0.2.9", "https")


@pytest.mark.parametrize("client", ["192.0.2.1", "11.0.0.1", "testclient", None])
async def test_nobody_elses_word_counts(client: str | None) -> None:
    forwarded = [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=127.0.0.1"),
    ]

    assert await sender_and_scheme(client, *forwarded) == (client, "http")


@pytest.mark.parametrize(
    ("hops", "sender"),
    [
        ("198.51.100.1, 192.0.2.9", "192.0.2.9"),
        ("198.51.100.1, 192.0.2.9, 10.9.9.9, fd00::1", "192.0.2.9"),
        ("198.51.100.1, nonsense", "10.1.2.3"),
        ("", "10.1.2.3"),
        ("10.5.5.5", "10.1.2.3"),
        ("2001:db8::7", "2001:db8::7"),
    ],
)
async def test_only_what_our_own_proxies_heard_is_believed(hops: str, sender: str) -> None:
    assert (await sender_and_scheme("10.1.2.3", ("x-forwarded-for", hops)))[0] == sender


async def test_headers_that_came_twice_are_read_as_one_list() -> None:
    pairs = [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-for", "192.0.2.9"),
        ("x-forwarded-proto", "gopher"),
    ]

    assert await sender_and_scheme("10.1.2.3", *pairs) == ("192.0.2.9", "http")
