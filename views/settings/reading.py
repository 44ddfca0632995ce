"""The source that a page of the settings is about."""

from __future__ import annotations

from starlette.requests import Request

from app.errors import NotFound
from app.security.permissions import Scope
from views.access import demand
from views.running import Values, ask


async def source_of(request: Request) -> Values:
    """Read it, for administrators.

    Raises: NotFound.
    """
    await demand(request, Scope.ADMIN)
    found: Values = (await ask(request, "source", id=request.path_params["id"]))["node"]
    if not found:
        raise NotFound("There is no such source.")
    return found
