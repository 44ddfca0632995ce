"""Reads what a command's payload asks for: one statement each, after the commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from graphql import GraphQLObjectType, GraphQLResolveInfo
from graphql.pyutils import Path

from api.plan.inputs import Inputs
from api.plan.selection import Fields, Selector

if TYPE_CHECKING:
    from api.calls import Call


async def from_payload(payload: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    """The object that a payload's `key` names, as the viewer may see it."""
    if payload.key is None:
        return None
    call: Call = info.context
    inputs = Inputs(call.context.actor, call.inputs.variables, {"key": payload.key})

    def choose(_: Selector) -> tuple[GraphQLObjectType, Fields]:
        return info.parent_type, {str(info.path.key): list(info.field_nodes)}

    statement = call.document.planned(_names(info.path), inputs, choose)
    text = await call.context.database.read(lambda connection: statement.run(connection, inputs))
    return msgspec.json.decode(text or "{}").get(info.path.key)


def _names(path: Path | None) -> tuple[str, ...]:
    return (*_names(path.prev), str(path.key)) if path else ()
