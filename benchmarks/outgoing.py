"""What it costs to judge every address that is dialled: the guarded client against the trusting one.

Both send a body of 1 KB to the same receiver, in the same run. The ratio of their CPU is the result: other
work on the machine takes from the requests per second of one or of the other, but not from this.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from ipaddress import ip_network

from app.embedded import Engines
from app.outside import guarded, http
from benchmarks import pace
from benchmarks.figures import judge

ROUNDS = 5
AT_ONCE = 100
DEMANDED = 1.3  # times the CPU of a request, at most, over kept connections
DEMANDED_ANEW = 2.0  # where each request looks the name up, on a thread, and dials
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
BODY = b'{"type":"incident.opened","data":"%s"}' % (b"x" * 984)
HEADERS = {"Content-Type": "application/json"}


async def run(_engines: Engines, *, seconds: float = 1.0) -> bool:
    """Measure on loopback, without the database; says whether every demand was met."""
    async with _receiver() as port, http.opened() as trusting, guarded.opened(LOOPBACK) as guard:
        kept = await _compare(trusting, guard, f"http://localhost:{port}/", "kept", seconds)
        anew = await _compare(trusting, guard, f"http://localhost:{port}/close", "dialled", seconds)
    return all(
        [
            judge("guarded / trusting, kept", kept, "", kept <= DEMANDED, f"<= {DEMANDED}"),
            judge("guarded / trusting, dialled", anew, "", anew <= DEMANDED_ANEW, f"<= {DEMANDED_ANEW}"),
        ]
    )


async def _compare(trusting: http.Client, guard: http.Client, url: str, how: str, seconds: float) -> float:
    ways = {f"trusting, {how}": partial(_send, trusting, url), f"guarded, {how}": partial(_send, guard, url)}
    without, guarding = await pace.in_turn(ways, seconds=seconds, rounds=ROUNDS, at_once=AT_ONCE)
    pace.show(without)
    pace.show(guarding)
    return guarding.cpu_seconds / without.cpu_seconds


async def _send(client: http.Client, url: str) -> bytes:
    answer = await client.send("POST", url, headers=HEADERS, body=BODY)
    if isinstance(answer, http.Failure):
        raise RuntimeError(f"the receiver was not reached: {answer.kind}")
    return answer.body


@asynccontextmanager
async def _receiver() -> AsyncIterator[int]:
    """Run the receiver in a process of its own, so that it takes nothing of the sender's."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.receiver")
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        yield int(await process.stdout.readline())  # type: ignore[union-attr] # it is a pipe
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        await process.wait()
