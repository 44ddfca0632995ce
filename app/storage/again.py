"""Do it once more when the database went away under it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.errors import Unavailable

Found = TypeVar("Found")


async def once_more(unit: Callable[[], Awaitable[Found]]) -> Found:
    """Run what may be run twice, and run it again if its connection broke or its transaction was undone.

    The second run gets a new connection. Where nobody answers at all, that fails at once as well.

    Raises: Unavailable, when the second run fails too.
    """
    try:
        return await unit()
    except Unavailable:
        return await unit()
