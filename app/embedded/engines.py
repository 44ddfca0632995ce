"""Starts both engines on one data directory, or joins those that run there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from app.embedded import lifeline, postgresql, valkey
from app.embedded.account import engine_account
from app.embedded.binaries import find, reachable
from app.embedded.keeper import Engine, Keeper, stop_orphan
from app.embedded.locks import acquire, is_held, lock, release
from app.embedded.place import Engines, Place, open_place, scratch_folder
from app.errors import Conflict, Unavailable

PROBES_END_WITHIN = timedelta(seconds=0.2)
PREVIOUS_END_WITHIN = timedelta(seconds=30)
GUESTS_LEAVE_WITHIN = timedelta(seconds=5)
COMMANDS_END_WITHIN = timedelta(minutes=10)
OWNER_STARTS_WITHIN = timedelta(minutes=2)
PAUSE_SECONDS = 0.05


@contextmanager
def running(data: Path, *, durable: bool = True) -> Iterator[Engines]:
    """Run both engines on `data` until the end of the block.

    Without `durable`, what they hold may be lost when the machine stops: for tests.

    Raises: Conflict, when another process runs them; Misconfigured or Unavailable, when they cannot run.
    """
    place = open_place(data)
    with ExitStack() as stack:
        try:
            guests = stack.enter_context(_ownership(place, patience=PROBES_END_WITHIN))
        except BlockingIOError:
            raise Conflict(
                f"{_who_runs(place)} Stop it first, or choose another folder with --data or OPSBOOK_DATA."
            ) from None
        yield stack.enter_context(_started(place, guests, durable=durable, patience=GUESTS_LEAVE_WITHIN))


@contextmanager
def joined(data: Path) -> Iterator[Engines]:
    """Use the engines that run on `data`, or run them until the end of the block.

    Raises: Unavailable, when their owner does not get them ready; else as `running`.
    """
    place = open_place(data)
    deadline = time.monotonic() + OWNER_STARTS_WITHIN.total_seconds()
    with ExitStack() as stack:
        while (engines := _enter(place, stack)) is None:
            if time.monotonic() > deadline:
                raise Unavailable(f"{_who_runs(place)} Its database is not ready; look at what it prints.")
            time.sleep(PAUSE_SECONDS)
        yield engines


def _who_runs(place: Place) -> str:
    return f"Opsbook already runs on {place.root} (process {place.owner.read_text(encoding='ascii')})."


def _enter(place: Place, stack: ExitStack) -> Engines | None:
    """Become the owner or a guest; None while an owner starts or stops."""
    try:
        guests = stack.enter_context(_ownership(place, patience=timedelta()))
    except BlockingIOError:
        return _visit(place, stack)
    return stack.enter_context(_started(place, guests, durable=True, patience=COMMANDS_END_WITHIN))


def _visit(place: Place, stack: ExitStack) -> Engines | None:
    with ExitStack() as visit:
        try:
            visit.enter_context(lock(place.guests, shared=True))
        except BlockingIOError:
            return None
        if not is_held(place.owner):  # it was killed, and other guests have not noticed yet
            return None
        stack.push(visit.pop_all())
        return place.engines()


@contextmanager
def _ownership(place: Place, *, patience: timedelta) -> Iterator[int]:
    """Own the place and yield the guests' lock, held: free beside an owner, it means "come in".

    Raises: BlockingIOError, when there is another owner or a guest of one.
    """
    with lock(place.guests, patience=patience) as guests, lock(place.owner) as owner:
        os.truncate(owner, 0)
        os.pwrite(owner, str(os.getpid()).encode("ascii"), 0)
        yield guests


@contextmanager
def _started(place: Place, guests: int, *, durable: bool, patience: timedelta) -> Iterator[Engines]:
    """Run the engines; `patience` is how long guests may stay when they are to stop."""
    with _previous_gone(place) as inherited, scratch_folder(place) as scratch, ExitStack() as stack:
        keepers = [Keeper(engine, inherited) for engine in _describe(place, scratch, durable=durable)]
        for keeper in keepers:
            stack.callback(keeper.stop)
            keeper.start()
        for keeper in keepers:
            keeper.wait()
        release(guests)
        try:
            yield place.engines()
        finally:
            with suppress(BlockingIOError):
                acquire(guests, patience=patience)


@contextmanager
def _previous_gone(place: Place) -> Iterator[int]:
    """Wait until every process of the engines of an owner that was killed is gone.

    Raises: Unavailable, when one stays.
    """
    if not lifeline.HAS_DEATH_SIGNAL and is_held(place.inherited):
        for name in (postgresql.NAME, valkey.NAME):
            stop_orphan(place.log(name))
    with ExitStack() as stack:
        try:
            inherited = stack.enter_context(lock(place.inherited, patience=PREVIOUS_END_WITHIN))
        except BlockingIOError:
            raise Unavailable(
                f"A PostgreSQL or Valkey that was started earlier on {place.root} still runs. End its"
                " processes, then start again."
            ) from None
        yield inherited


def _describe(place: Place, scratch: Path, *, durable: bool) -> tuple[Engine, Engine]:
    account = engine_account()
    programs = reachable(find(), account, scratch)
    return (
        postgresql.engine(place.postgresql, place.log(postgresql.NAME), programs, account, durable=durable),
        valkey.engine(
            place.valkey,
            place.log(valkey.NAME),
            programs,
            account,
            scratch / "valkey" / valkey.SOCKET,
            durable=durable,
        ),
    )
