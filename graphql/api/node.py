"""What every object with an id of its own has in common."""

from __future__ import annotations

import strawberry


@strawberry.interface(description="An object with an id of its own; `node(id:)` finds it again.")
class Node:
    """The Relay specification's Node."""

    id: strawberry.ID = strawberry.field(description="The same in every answer; take it as it is.")
