"""One worker process: a sweep that needs only the database, and arq beside it as the bell."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Literal

import structlog
from arq import Worker, func
from arq.typing import WorkerCoroutine

from app import assembly
from app.assembly import House
from app.loops import Loops
from app.observability.heartbeat import heartbeat
from app.queue.connection import AWAY, connect, queue_name
from app.settings import Settings
from jobs import general, incidents
from jobs.activity import care_for_activity
from jobs.housekeeping import keep_house
from jobs.on_call import keep_planning
from jobs.sending import Senders
from jobs.sweep import Sweep, Waits
from jobs.trends import watch_trends

log = structlog.get_logger("opsbook.worker")
Queue = Literal["pager", "general", "exports"]
DRAIN_SECONDS = 8.0


async def run(settings: Settings, queue: Queue) -> int:
    """Work one queue until SIGTERM or SIGINT, then let what is under way end.

    Answers the exit code: 1 when a loop broke, so that the supervisor starts the process again.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with assembly.opened(settings) as house:
        senders = Senders()
        sweep = _sweep(house, queue, senders)
        beside = [sweep.run(), _answer_bell(settings, queue, sweep), *_beside(house, queue)]
        async with Loops(beside) as loops:
            log.info("worker is ready", queue=queue)
            waiting = [asyncio.create_task(one) for one in (stopped.wait(), loops.broken())]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait([asyncio.create_task(sweep.end())], timeout=DRAIN_SECONDS)
        await senders.drain(DRAIN_SECONDS)
    return 0 if stopped.is_set() else 1


def _sweep(house: House, queue: Queue, senders: Senders) -> Sweep:
    if queue == "pager":
        return Sweep(incidents.rounds(house, senders), partial(incidents.seconds_until_due, house))
    if queue == "general":
        return Sweep(general.rounds(house, senders), partial(general.seconds_until_due, house))
    return Sweep([], _never)


def _beside(house: House, queue: Queue) -> Iterator[Coroutine[Any, Any, None]]:
    url = house.settings.heartbeat_url
    if queue == "pager":
        yield incidents.keep_asking(house)
        yield watch_trends(house)
        if url is not None:
            yield heartbeat(house.database, house.channels.client, url)
    if queue == "general":
        yield keep_house(house)
        yield care_for_activity(house)
        yield keep_planning(house)


async def _never() -> Waits:
    return {}


async def _answer_bell(settings: Settings, queue: Queue, sweep: Sweep) -> None:
    """Run arq for as long as Redis is there. arq ends when Redis goes, so it is begun again."""
    wait = 0.5
    while True:
        try:
            await _listen(settings, queue, sweep.wake)
            wait = 0.5
        except AWAY as error:
            log.warning("queue is away, sweeping on", why=type(error).__name__)
        await asyncio.sleep(wait)
        wait = min(wait * 2, 5.0)


async def _listen(settings: Settings, queue: Queue, wake: Callable[[], None]) -> None:
    redis = connect(settings.redis_url or "", patience_seconds=5.0)
    worker = Worker(
        functions=[func(_waking(wake), name="wake")],
        queue_name=queue_name(queue),
        redis_pool=redis,
        handle_signals=False,
        poll_delay=0.05,
        queue_read_limit=1000,
        job_timeout=10,
        keep_result=0,
        max_tries=1,
        health_check_interval=10,
        job_serializer=redis.job_serializer,
        job_deserializer=redis.job_deserializer,
        log_results=False,
    )
    try:
        await worker.async_run()
    finally:
        await _hang_up(worker)


async def _hang_up(worker: Worker) -> None:
    """Close in a task of its own: arq cancels its jobs and awaits them, as if we had been cancelled."""
    closing = asyncio.create_task(worker.close())
    await asyncio.wait([closing])
    with suppress(asyncio.CancelledError, *AWAY):
        closing.result()


def _waking(look_now: Callable[[], None]) -> WorkerCoroutine:
    async def wake(ctx: dict[Any, Any], *_arguments: Any, **_options: Any) -> None:
        look_now()

    return wake
