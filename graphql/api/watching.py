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
from api.plan.selection import Selector
from api.schema import core
from api.subscription import TOPICS
from app.errors import NotFound


class Watch:
    """An iterator over the states of what is watched. Close it, whether or not it was begun."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._topic = _topic(call)
        self._topics = call.context.changes.topics(self._topic)
        self._listen()

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Answer:
        heard = await self._coming
        self._listen()  # again before the look: what changes during it is looked at next
        answer = await _state(await _renewed(self._call)) if heard else None
        if answer is None:
            await self.aclose()
            raise StopAsyncIteration
        return answer

    async def aclose(self) -> None:
        """Listen no longer."""
        self._coming.cancel()
        await asyncio.gather(self._coming, return_exceptions=True)

    def _listen(self) -> None:
        self._coming = asyncio.ensure_future(_wait(self._topics, self._topic))


async def watch(call: Call) -> Watch:
    """Begin to watch; the iterator yields the state after every change, until the viewer loses sight of it.

    Raises: Refused (404) when the viewer does not see it now.
    """
    begun = Watch(call)  # before the look, so that no change falls between
    if await _state(call) is None:
        await begun.aclose()
        raise Refused.by(NotFound("There is no such thing, or it is not for you."))
    return begun


async def _wait(topics: AsyncIterator[str], wanted: str) -> bool:
    async for topic in topics:
        if topic == wanted:
            return True
    return False


async def _renewed(call: Call) -> Call:
    """The same call by whom the viewer is now, who pays for every look."""
    context = call.context
    if context.renew is not None:
        context = replace(context, actor=await context.renew())
    return engine.admit(context, call.document, call.variables, via=call.via)


async def _state(call: Call) -> Answer | None:
    """What the viewer sees of it now; None when it is nothing (any more)."""
    statement = call.document.statement(call.inputs)
    text = await engine.read(call, statement)
    if text is None:
        return None
    if statement.needs_completion:
        return await engine.complete(call, msgspec.json.decode(text))
    return Answer(text.encode())


def _topic(call: Call) -> str:
    document = call.document
    selector = Selector(core(), document.fragments, call.inputs.variables)
    (nodes,) = selector.fields(document.root, [document.operation.selection_set]).values()
    field = document.root.fields[nodes[0].name.value]
    return TOPICS[nodes[0].name.value](get_argument_values(field, nodes[0], call.inputs.variables))
