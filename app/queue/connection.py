"""How to reach Redis without ever waiting long for it: a queue that hangs must not hang its callers."""

from __future__ import annotations

import json
from typing import Any

from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.asyncio.client import Pipeline
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.errors import Misconfigured

PREFIX = "opsbook"
CHANNEL = f"{PREFIX}:changes"
# What says that Redis is away, starting, full or silent. The last is what uvloop says of a connection that
# broke between two writes.
AWAY = (RedisError, OSError, TimeoutError, RuntimeError)


class _Pipeline(Pipeline):
    """Gives its connection back although that is dead; redis-py would keep it, and complain of it later."""

    async def reset(self) -> None:
        try:
            await super().reset()  # type: ignore[no-untyped-call]
        except AWAY:
            self.watching = False
            await super().reset()  # type: ignore[no-untyped-call]


class Queue(ArqRedis):
    """A connection to Redis that may be silent."""

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """Begin commands that are sent together."""
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


def connect(url: str, *, patience_seconds: float = 1.0) -> Queue:
    """Prepare a connection; it is made on first use. Every wait on it ends after `patience_seconds`.

    Raises: Misconfigured, when the URL leads to no Redis.
    """
    waits = {"socket_timeout": patience_seconds, "socket_connect_timeout": patience_seconds}
    try:
        pool = ConnectionPool.from_url(url, **waits, retry=Retry(NoBackoff(), 0))
    except ValueError:
        forms = "redis://host:6379/0, rediss://user:password@host:6380/0 or unix:///path/of/its.sock"
        raise Misconfigured(f"OPSBOOK_REDIS_URL leads to no Redis. Write {forms}.") from None
    # Not `from_url`: it would hand arq's own options on to each connection, which refuses them.
    redis = Queue(pool, job_serializer=encode, job_deserializer=json.loads, expires_extra_ms=60_000)
    redis.auto_close_connection_pool = True
    return redis


def queue_name(queue: str) -> str:
    """The key under which arq keeps a queue."""
    return f"{PREFIX}:queue:{queue}"


def encode(job: dict[str, Any]) -> bytes:
    """Write a job as JSON: arq's default, pickle, would let whoever writes to Redis run code here."""
    return json.dumps(job, default=str).encode()
