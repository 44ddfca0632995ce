from __future__ import annotations

import asyncio
import json

import pytest

from app.queue.bell import Bell
from app.queue.connection import CHANNEL, connect, queue_name

pytestmark = pytest.mark.anyio


async def test_a_ring_leaves_a_job_in_json_and_names_what_changed(redis_url: str) -> None:
    bell, redis = Bell(redis_url), connect(redis_url)
    async with redis.pubsub() as listener:
        await listener.subscribe(CHANNEL)
        await listener.get_message(timeout=1)

        bell.ring(["pager"], ["incident:7"])
        await bell.close()
        heard = await listener.get_message(timeout=1)

    (job_id,) = await redis.zrange(queue_name("pager"), 0, -1)
    job = json.loads(await redis.get(b"arq:job:" + job_id))
    await redis.aclose()
    assert job["f"] == "wake"
    assert json.loads(heard["data"]) == ["incident:7"]


async def test_many_rings_at_once_are_few_jobs(redis_url: str) -> None:
    bell, redis = Bell(redis_url), connect(redis_url)

    for _ in range(100):
        bell.ring(["pager"], [])
        await asyncio.sleep(0.0005)
    await bell.close()

    jobs = await redis.zcard(queue_name("pager"))
    await redis.aclose()
    assert 1 <= jobs <= 20
