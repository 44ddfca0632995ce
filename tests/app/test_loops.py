from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from app import loops
from app.loops import Loops

pytestmark = pytest.mark.anyio


async def test_a_loop_that_loses_the_request_to_end_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "ASK_AGAIN_SECONDS", 0.01)
    lost: list[str] = []

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if len(lost) == 2:
                    raise
                lost.append("a request")

    async with asyncio.timeout(5), Loops([stubborn()]):
        await asyncio.sleep(0)

    assert len(lost) == 2


async def test_a_loop_that_breaks_is_missed() -> None:
    async def broken() -> None:
        raise RuntimeError("a defect")

    with capture_logs() as lines:
        async with asyncio.timeout(5), Loops([broken(), asyncio.sleep(60)]) as running:
            await running.broken()

    assert [line["event"] for line in lines] == ["a loop broke"]
