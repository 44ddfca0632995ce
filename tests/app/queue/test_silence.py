from __future__ import annotations

import asyncio
import gc
from urllib.parse import urlsplit

import pytest

from app.queue.connection import AWAY, Queue, connect
from tests.fakes import lines
from tests.fakes.lines import Line

pytestmark = pytest.mark.anyio


async def fall_silent_within(redis: Queue, line: Line) -> None:
    async with redis.pipeline() as commands:
        await commands.watch("a")
        line.silence()
        await commands.exists("a")


async def test_a_queue_that_falls_silent_is_given_up_without_complaint(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = urlsplit(redis_url).path
    async with lines.laid(lambda: asyncio.open_unix_connection(path)) as line:
        redis = connect(f"redis://127.0.0.1:{line.port}/0", patience_seconds=0.1)

        with pytest.raises(AWAY):
            await fall_silent_within(redis, line)
        gc.collect()

        line.speak()
        assert await redis.ping()
        await redis.aclose()
    assert caplog.records == []
