"""How fast a way of doing something goes, against another way to the same end."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from benchmarks import figures

Way = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one way went. `cpu_seconds` is this process's own, per request."""

    name: str
    per_second: float
    cpu_seconds: float
    answer_bytes: int


async def in_turn(ways: Mapping[str, Way], *, seconds: float, rounds: int, at_once: int) -> list[Pace]:
    """Measure each way so many times for so many seconds; the median of each is taken.

    In turn, so that a machine that is busy for a moment is so for all of them.
    """
    for way in ways.values():
        await _pace("warm", way, 0.5, at_once)
    measured = [
        [await _pace(name, way, seconds, at_once) for name, way in ways.items()] for _ in range(rounds)
    ]
    return [_median(list(paces)) for paces in zip(*measured, strict=True)]


def show(pace: Pace) -> None:
    """Print a line about one way."""
    spent = f"{pace.cpu_seconds * 1e3:.2f} ms CPU {pace.answer_bytes} B"
    figures.show(pace.name, f"{pace.per_second:8.0f}/s {spent}")


def _median(paces: list[Pace]) -> Pace:
    return sorted(paces, key=lambda pace: pace.per_second)[len(paces) // 2]


async def _pace(name: str, way: Way, seconds: float, at_once: int) -> Pace:
    ends, asked, answer_bytes = time.perf_counter() + seconds, 0, 0

    async def again() -> None:
        nonlocal asked, answer_bytes
        while time.perf_counter() < ends:
            answer_bytes = len(await way())
            asked += 1

    began, cpu = time.perf_counter(), _cpu_seconds()
    await asyncio.gather(*(again() for _ in range(at_once)))
    return Pace(name, asked / (time.perf_counter() - began), (_cpu_seconds() - cpu) / asked, answer_bytes)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
