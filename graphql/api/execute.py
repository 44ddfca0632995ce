"""Runs GraphQL in process: the way of the pages and of the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec
from graphql import OperationType

from api import engine, operations
from api.budget import Budget
from api.context import Context
from api.documents import documents
from api.engine import Answer
from api.failures import BAD_REQUEST, INTERNAL, Refused, Shown
from app import errors
from app.observability import metrics

Values = dict[str, Any]


async def execute(context: Context, name: str, variables: Mapping[str, Any] | None = None) -> Values:
    """Run `operations/<name>.graphql` for the viewer and give its data.

    Raises: OpsbookError, as the errors' codes say. A command's `userErrors` are data.
    """
    with metrics.timing(name):
        return await query(context, operations.named(name), variables, trusted=True, via="console")


async def query(
    context: Context,
    text: str,
    variables: Mapping[str, Any] | None = None,
    *,
    trusted: bool = False,
    via: str = "graphql",
) -> Values:
    """Run any document and give its data. `via` says in records which way it came.

    Raises: OpsbookError, as the errors' codes say.
    """
    try:
        document = documents().find(text, trusted=trusted)
        answer = await engine.run(engine.admit(context, document, variables or {}, via=via))
    except Refused as refused:
        raise _error(refused.errors[0]) from refused
    return _values(answer)


async def warm() -> None:
    """Prepare the pages' own documents, a few milliseconds each, so that no first page waits for it."""
    for text in operations.by_name().values():
        documents().find(text, trusted=True)
        await asyncio.sleep(0.005)  # others are served in between


async def answer(context: Context, text: str, variables: Mapping[str, Any]) -> bytes:
    """Run any document and give the whole answer as JSON, errors and all, as explorer and shell show it.

    These documents are not ours: they cost what they cost at the API.
    """
    context = replace(context, budget=context.budget or _budget())
    try:
        document = documents().find(text)
        if document.kind is OperationType.SUBSCRIPTION:
            raise Refused.because(BAD_REQUEST, "A subscription has no end. Ask for it as a stream of events.")
        found = await engine.run(engine.admit(context, document, variables))
    except Refused as refused:
        return msgspec.json.encode({"errors": refused.errors})
    return found.body()


@cache
def _budget() -> Budget:
    return Budget()


def _values(answer: Answer) -> Values:
    if answer.errors:
        raise _error(answer.errors[0])
    values: Values = msgspec.json.decode(answer.data)
    return values


class Failed(errors.OpsbookError):
    """A defect; the message carries the reference under which it was logged."""

    code = INTERNAL


def _error(shown: Shown) -> errors.OpsbookError:
    extensions = shown["extensions"]
    kind = CODES.get(extensions["code"], Failed if extensions["code"] == INTERNAL else errors.InvalidInput)
    return kind(shown["message"], path=tuple(map(str, extensions.get("path", ()))))


def _simple(kind: type[errors.OpsbookError]) -> dict[str, type[errors.OpsbookError]]:
    """Every kind of error that takes a message and a path alone."""
    found = {kind.code: kind} if "__init__" not in vars(kind) else {}
    for one in kind.__subclasses__():
        found |= _simple(one)
    return found


CODES = {code: kind for code, kind in _simple(errors.OpsbookError).items() if code != INTERNAL}
