import asyncpg
import pytest
import redis.asyncio

from tests.engines import plain

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_every_test_gets_a_database_of_its_own(database_url: str, turn: str) -> None:
    connection = await asyncpg.connect(plain(database_url))

    tables = await connection.fetch("SELECT 1 FROM pg_tables WHERE tablename = 'left_behind'")
    await connection.execute("CREATE TABLE left_behind ()")

    assert tables == []
    await connection.close()


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_every_test_gets_an_empty_queue(redis_url: str, turn: str) -> None:
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        keys = await client.keys()
        await client.set("left_behind", turn)

    assert keys == []
