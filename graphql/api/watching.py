"""Runs a subscription: each announced change of what it watches is answered with the new state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
from graphql.execution.values import get_argument_values

from api import engine
from api.calls import Call
from api.engine import Answer
from api.failures import Refused
from api.plan.inputs import Inputs
from api.plan.selection import Selector
from api.schema import core
from api.subscription import TOPICS
from app.errors import NotFound


async def watch(call: Call) -> AsyncIterator[Answer]:
    """Begin to watch; the iterator yields the state after every change, until the viewer loses sight of it.

    Raises: Refused (404) when the viewer does not see it now.
    """
    topic = _topic(call)
    topics = call.context.changes.topics(topic)
    coming = asyncio.ensure_future(_wait(topics, topic))  # watching begins before the look: no gap
    if await _state(call) is None:
        await _stop(coming)
        raise Refused.by(NotFound("There is no such thing, or it is not for you."))
    return _states(call, topic, topics, coming)


async def _states(
    call: Call, topic: str, topics: AsyncIterator[str], coming: asyncio.Future[bool]
) -> AsyncIterator[Answer]:
    try:
        while await coming and (answer := await _state(call)) is not None:
            coming = asyncio.ensure_future(_wait(topics, topic))
            yield answer
    finally:
        await _stop(coming)


async def _stop(coming: asyncio.Future[bool]) -> None:
    coming.cancel()
    await asyncio.gather(coming, return_exceptions=True)


async def _wait(topics: AsyncIterator[str], wanted: str) -> bool:
    async for topic in topics:
        if topic == wanted:
            return True
    return False


async def _state(call: Call) -> Answer | None:
    """What the viewer sees of it now; None when it is nothing (any more)."""
    context = call.context
    if context.renew is not None:
        context = replace(context, actor=await context.renew())
    now = replace(call, context=context, inputs=Inputs(context.actor, call.inputs.variables))
    statement = call.document.statement(now.inputs)
    text = await engine.read(now, statement)
    if text is None:
        return None
    if statement.needs_completion:
        return await engine.complete(now, msgspec.json.decode(text))
    return Answer(text.encode())


def _topic(call: Call) -> str:
    document = call.document
    selector = Selector(core(), document.fragments, call.inputs.variables)
    (nodes,) = selector.fields(document.root, [document.operation.selection_set]).values()
    field = document.root.fields[nodes[0].name.value]
    return TOPICS[nodes[0].name.value](get_argument_values(field, nodes[0], call.inputs.variables))
