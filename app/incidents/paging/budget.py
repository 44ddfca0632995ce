"""How many calls each key of PagerDuty's may still take: kept by PostgreSQL, for all pagers, by its clock.

A bucket that fills evenly: in calm each call leaves at once, in a storm one every 0.83 seconds, and no minute
ever sees more than PagerDuty takes. Who finds a budget held leaves its pages to whoever holds it: a pager
that freezes there must not stop the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Float, bindparam, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.incidents import rules
from app.incidents.models import PageBudget
from app.storage import arrays
from app.storage.unit_of_work import UnitOfWork

_held = (
    select(PageBudget.name)
    .where(arrays.among(PageBudget.name, "names"))
    .order_by(PageBudget.name)
    .with_for_update(skip_locked=True)
    .cte("held")
)
_passed = cast(func.extract("epoch", clock.now() - PageBudget.filled_at), Float)
_filled = PageBudget.tokens + func.greatest(_passed, 0.0) * rules.CALLS_PER_SECOND
HOLD = (
    update(PageBudget)
    .where(PageBudget.name.in_(select(_held.c.name)))
    .values(tokens=func.least(float(rules.CALLS_AT_ONCE), _filled), filled_at=clock.now())
    .returning(PageBudget.name, PageBudget.tokens, PageBudget.calls)
    .execution_options(synchronize_session=False)
)
SPEND = (
    update(PageBudget)
    .where(PageBudget.name == bindparam("whose"))
    .values(tokens=PageBudget.tokens - bindparam("spent"), calls=PageBudget.calls + bindparam("spent"))
)


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left, in calls, and how many were ever made."""

    tokens: float
    calls: int


async def opened(work: UnitOfWork, names: Iterable[str]) -> Mapping[str, Budget]:
    """Hold the budgets that nobody holds, until the transaction ends; answers what is left of them."""
    wanted = sorted(set(names))
    held = await _hold(work, wanted)
    missing = [name for name in wanted if name not in held]
    return {**held, **(await _begun(work, missing))} if missing else held


async def _hold(work: UnitOfWork, names: list[str]) -> Mapping[str, Budget]:
    rows = await work.session.execute(HOLD, {"names": names})
    return {name: Budget(tokens, calls) for name, tokens, calls in rows}


async def _begun(work: UnitOfWork, names: list[str]) -> Mapping[str, Budget]:
    """Begin budgets, full, that were never used. Those that somebody holds are there already.

    They are not tried: to insert what another transaction has updated is to wait until that ends.
    """
    there = await work.session.scalars(select(PageBudget.name).where(PageBudget.name.in_(names)))
    unused = sorted({*names} - {*there})
    if not unused:
        return {}
    full = {"tokens": float(rules.CALLS_AT_ONCE), "filled_at": clock.now(), "calls": 0}
    new = insert(PageBudget).values([{"name": name, **full} for name in unused]).on_conflict_do_nothing()
    begun = await work.session.scalars(new.returning(PageBudget.name))
    return {name: Budget(float(rules.CALLS_AT_ONCE), 0) for name in begun}


async def spend(work: UnitOfWork, spent: Mapping[str, int]) -> None:
    """Take calls off the budgets that this transaction holds."""
    rows = [{"whose": name, "spent": count} for name, count in spent.items() if count]
    if rows:
        connection = await work.session.connection()
        await connection.execute(SPEND, rows)
