"""What a viewer may still spend, as an operation can ask for it."""

from __future__ import annotations

from datetime import UTC, datetime

import strawberry

from api.budget import POINTS, Balance


@strawberry.type(
    description="What a viewer may still spend in this minute. Each object that may come is a point."
)
class RateLimit:
    """The viewer's budget."""

    cost: int = strawberry.field(description="What this operation cost.")
    limit: int = strawberry.field(description="What a minute holds. Each web process counts by itself.")
    remaining: int = strawberry.field(description="What is left of this minute.")
    reset_at: datetime = strawberry.field(description="When it is full again.")


def left(balance: Balance | None) -> RateLimit:
    """What admission found; a whole minute where nothing was counted."""
    if balance is None:
        return RateLimit(cost=0, limit=POINTS, remaining=POINTS, reset_at=datetime.now(UTC))
    return RateLimit(
        cost=balance.cost, limit=balance.limit, remaining=balance.remaining, reset_at=balance.reset_at
    )
