"""Who looks at a page: the guard's visitor, as pages ask for it."""

from __future__ import annotations

from starlette.requests import Request

from app.security.authentication import Identity
from views.guard.sessions import visitor


async def identity(request: Request) -> Identity:
    """Who makes this request.

    Raises: Unauthenticated for a token that is not valid; Unavailable.
    """
    return await visitor(request.scope).identity()
