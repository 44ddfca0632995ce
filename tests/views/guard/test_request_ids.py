from __future__ import annotations

from ipaddress import ip_network

import pytest
import structlog
from starlette.types import Receive, Scope, Send

from tests.views.guard.conftest import Inner, ask
from views.guard.request_ids import RequestIds

pytestmark = pytest.mark.anyio

TRUSTED = (ip_network("10.0.0.0/8"),)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_each_request_has_a_number_of_its_own_in_answer_and_state() -> None:
    inner = Inner()
    app = RequestIds(inner)

    numbers = [(await ask(app))["x-request-id"] for _ in range(2)]

    assert len(set(numbers)) == 2
    assert inner.scope["state"]["request_id"] == numbers[1]
    assert len(numbers[0]) == 16


async def test_a_number_is_taken_from_our_proxy_alone() -> None:
    app = RequestIds(Inner(), trusted=TRUSTED)
    given = [("x-request-id", "from-outside-1")]

    assert (await ask(app, headers=given, client="10.0.0.1"))["x-request-id"] == "from-outside-1"
    assert (await ask(app, headers=given))["x-request-id"] != "from-outside-1"


@pytest.mark.parametrize(
    "odd", ["short", "x" * 65, "a b c d e f", "<script>alert</script>", "abcdefgh\r\nX: 1", ""]
)
async def test_a_number_that_could_do_harm_in_a_log_is_replaced(odd: str) -> None:
    app = RequestIds(Inner(), trusted=TRUSTED)

    assert (await ask(app, headers=[("x-request-id", odd)], client="10.0.0.1"))["x-request-id"] != odd


async def test_log_lines_carry_the_number_while_the_request_lasts_and_no_longer() -> None:
    seen = {}

    async def inner(_scope: Scope, _receive: Receive, send: Send) -> None:
        seen.update(structlog.contextvars.get_contextvars())
        await send({"type": "http.response.start", "status": 200, "headers": []})

    answer = await ask(RequestIds(inner), headers=[("traceparent", TRACE)])

    assert seen == {"request_id": answer["x-request-id"], "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ([TRACE], TRACE),
        (["cc-" + TRACE[3:]], "cc-" + TRACE[3:]),
        (["ff-" + TRACE[3:]], None),
        (["00-" + "0" * 32 + TRACE[35:]], None),
        ([TRACE[:36] + "0" * 16 + "-01"], None),
        ([TRACE.upper()], None),
        ([TRACE + "-x"], None),
        ([TRACE, TRACE], None),
        ([], None),
    ],
)
async def test_a_valid_trace_passes_through(given: list[str], taken: str | None) -> None:
    inner = Inner()

    await ask(RequestIds(inner), headers=[("traceparent", one) for one in given])

    assert inner.scope["state"]["traceparent"] == taken
