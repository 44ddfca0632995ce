"""How many calls each key of PagerDuty's may still take: kept by PostgreSQL, for all pagers, by its clock.

A bucket that fills evenly: in calm each call leaves at once, in a storm one every 0.83 seconds, and no minute
ever sees more than PagerDuty takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Float, bindparam, cast, func, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.incidents import rules
from app.incidents.models import PageBudget
from app.storage.unit_of_work import UnitOfWork

_new = insert(PageBudget)
_passed = cast(func.extract("epoch", clock.now() - PageBudget.filled_at), Float)
OPEN = _new.on_conflict_do_update(
    index_elements=[PageBudget.name],
    set_={
        "tokens": func.least(
            float(rules.CALLS_AT_ONCE),
            PageBudget.tokens + func.greatest(_passed, 0.0) * rules.CALLS_PER_SECOND,
        ),
        "filled_at": clock.now(),
    },
).returning(PageBudget.name, PageBudget.tokens, PageBudget.calls)
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
    """Read what is left of each budget, and hold it: until the transaction ends nobody else spends."""
    full = {"tokens": float(rules.CALLS_AT_ONCE), "filled_at": clock.now(), "calls": 0}
    wanted = OPEN.values([{"name": name, **full} for name in sorted(set(names))])
    return {name: Budget(tokens, calls) for name, tokens, calls in await work.session.execute(wanted)}


async def spend(work: UnitOfWork, spent: Mapping[str, int]) -> None:
    """Take calls off the budgets that this transaction holds."""
    rows = [{"whose": name, "spent": count} for name, count in spent.items() if count]
    if rows:
        connection = await work.session.connection()
        await connection.execute(SPEND, rows)
