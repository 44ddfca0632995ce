"""Who looks at a page: the guard's visitor, as pages ask for it."""

from __future__ import annotations

from starlette.requests import Request

from app.errors import NotFound
from app.security.authentication import Identity
from app.security.permissions import Scope
from views.guard.sessions import visitor


async def identity(request: Request) -> Identity:
    """Who makes this request.

    Raises: Unauthenticated for a token that is not valid; Unavailable.
    """
    return await visitor(request.scope).identity()


async def demand(request: Request, scope: Scope) -> None:
    """Show a page only to those who may do what it is for.

    Raises: Unauthenticated; NotFound.
    """
    if not (await identity(request)).demand_viewer().actor.can(scope):
        raise NotFound("There is no such page, or it is not for you.")
