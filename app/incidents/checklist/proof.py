"""Whether a snapshot of a saved view proves that revenue has recovered, pure; and if not, why not.

Source: handbook, "attach saved revenue views proving recovery", "success rates remain above 98%" and
"any delta greater than 5% week-over-week".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

TAKEN_AFTER: Final = timedelta(minutes=30)
SUCCESS_RATE: Final = Decimal("0.98")
GROSS_WITHIN: Final = Decimal("0.05")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What was seen through a saved view at a moment.

    `success_rate` is 0..1. Gross is in minor units by currency, `week_before` that of the same window a week
    earlier. `sha256` was taken then, `sha256_now` of what is kept now.
    """

    view: str
    as_of: datetime
    success_rate: Decimal | None
    gross: Mapping[str, int]
    week_before: Mapping[str, int]
    sha256: str
    sha256_now: str


def objections(snapshot: Snapshot, *, resolved_at: datetime) -> list[str]:
    """Say why a snapshot proves nothing; nothing to say means that it does."""
    return [*_of_time(snapshot, resolved_at), *_of_rate(snapshot), *_of_gross(snapshot), *_of_hash(snapshot)]


def _of_time(snapshot: Snapshot, resolved_at: datetime) -> Iterator[str]:
    earliest = resolved_at + TAKEN_AFTER
    if snapshot.as_of < earliest:
        yield (
            f"{snapshot.view} was taken before {earliest:%H:%M} UTC, 30 minutes after the end. Take it again."
        )


def _of_rate(snapshot: Snapshot) -> Iterator[str]:
    if snapshot.success_rate is None:
        yield f"{snapshot.view} shows no success rate: nothing was attempted in its window."
    elif snapshot.success_rate < SUCCESS_RATE:
        yield f"{snapshot.view} shows a success rate of {snapshot.success_rate:.2%}, which is below 98 %."


def _of_gross(snapshot: Snapshot) -> Iterator[str]:
    for currency in sorted({*snapshot.gross, *snapshot.week_before}):
        now, before = snapshot.gross.get(currency, 0), snapshot.week_before.get(currency, 0)
        if abs(now - before) > GROSS_WITHIN * before:
            yield f"{snapshot.view}: gross in {currency} is more than 5 % off that of the week before."


def _of_hash(snapshot: Snapshot) -> Iterator[str]:
    if snapshot.sha256 != snapshot.sha256_now:
        yield f"{snapshot.view} has changed since it was taken: its hash does not match."
