"""Run named GraphQL operations for whoever looks at a page: what an operator sees, a partner can query."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from api.context import Context
from api.execute import execute
from app.errors import Forbidden, NotFound
from views.access import identity
from views.frame import EVERYWHERE, Frame, Live, frame

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command was refused; `field` names the input, when one is at fault."""

    code: str
    message: str
    field: str

    @property
    def is_input(self) -> bool:
        """Whether the form was filled in wrongly, rather than overtaken by somebody."""
        return self.code == "INVALID_INPUT"


async def ask(request: Request, operation: str, **variables: Any) -> Values:
    """Run a query of `graphql/operations` and give its data."""
    return await execute(await surroundings(request), operation, variables)


async def framed(
    request: Request, operation: str | None, *, section: str, live: Live = EVERYWHERE, **variables: Any
) -> tuple[Frame, Values]:
    """Run a page's operation, and the frame's beside it."""
    around = await surroundings(request)
    (await identity(request)).demand_viewer()
    running = [execute(around, "frame")]
    if operation is not None:
        running.append(execute(around, operation, variables))
    framing, *answers = await asyncio.gather(*running)
    return frame(request, framing, section=section, live=live), answers[0] if answers else {}


async def command(request: Request, operation: str, **variables: Any) -> tuple[Values, Refusal | None]:
    """Run a mutation; answers its payload and why it was refused, if it was.

    Raises: NotFound and Forbidden, which are pages of their own.
    """
    answer = await execute(await surroundings(request), operation, variables)
    payload: Values = next(iter(answer.values()))
    errors = payload["userErrors"]
    if not errors:
        return payload, None
    first = errors[0]
    if first["code"] == "NOT_FOUND":
        raise NotFound(first["message"])
    if first["code"] == "FORBIDDEN":
        raise Forbidden(first["message"])
    path = first["path"] or [""]
    return payload, Refusal(first["code"], first["message"], path[-1])


async def surroundings(request: Request) -> Context:
    """What an operation runs with: the viewer's own permissions."""
    actor = (await identity(request)).demand_actor()
    state = request.state
    return Context(state.house.database, actor, state.changes, state.house.settings.base_url)
