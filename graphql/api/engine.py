"""Runs a document: one statement, and resolvers only where SQL cannot say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import graphql
import msgspec
from graphql import ExecutionResult, OperationType

from api import cost, limits, values
from api.budget import Balance
from api.calls import Call
from api.context import Context
from api.documents import Document
from api.failures import UNAUTHENTICATED, Refused, Shown, of_execution
from api.plan import keyset
from api.plan.inputs import Inputs
from api.plan.statement import Statement
from api.schema import core
from app.errors import InvalidInput, LimitExceeded

SIGN_IN = "Sign in, or send a token."


@dataclass(frozen=True, slots=True)
class Answer:
    """The `data` of an answer as JSON, and the errors beside it."""

    data: bytes
    errors: list[Shown] = field(default_factory=list)
    balance: Balance | None = None

    def body(self) -> bytes:
        """The whole answer as JSON."""
        parts = [b'{"data":', self.data]
        if self.errors:
            parts += [b',"errors":', msgspec.json.encode(self.errors)]
        if self.balance is not None:
            price = {"cost": self.balance.cost, "remaining": self.balance.remaining}
            parts += [b',"extensions":', msgspec.json.encode(price)]
        return b"".join([*parts, b"}"])


def admit(
    context: Context, document: Document, variables: Mapping[str, Any], *, via: str = "graphql"
) -> Call:
    """Check who asks and what it costs, before anything is executed.

    Raises: Refused.
    """
    if context.actor.kind == "nobody" and not document.is_typename_only():
        raise Refused.because(UNAUTHENTICATED, SIGN_IN, status=401)
    values.check(variables)
    inputs = Inputs(context.actor, document.variables(variables))
    if document.kind is not OperationType.QUERY:
        _check_pages(document, inputs)
    points = cost.value(document.price.cost, inputs)
    if context.budget is None:
        return Call(context, document, variables, inputs, None, via)
    if points > limits.COST:
        raise limits.refused(
            f"The operation costs {points:,} points; the limit is {limits.COST:,}. Ask for less."
        )
    try:
        balance = context.budget.spend(context.actor.reference, points)
    except LimitExceeded as error:
        raise Refused.by(error) from error
    return Call(context, document, variables, inputs, balance, via)


def _check_pages(document: Document, inputs: Inputs) -> None:
    """A query finds a wrong page when it is planned; a command must not have been carried out by then."""
    try:
        for plan, site in document.price.pages:
            keyset.page(plan, site, inputs)
    except InvalidInput as error:
        raise Refused.by(error) from error


async def run(call: Call) -> Answer:
    """Execute a query or a mutation.

    Raises: Refused when an argument of a page is wrong; Unavailable when PostgreSQL does not answer.
    """
    if call.document.kind is OperationType.MUTATION:
        return await complete(call, {})
    statement = _statement(call)
    text = statement.constant or await read(call, statement) or "null"
    if not statement.needs_completion:
        return Answer(text.encode(), balance=call.balance)
    return await complete(call, msgspec.json.decode(text))


def _statement(call: Call) -> Statement:
    try:
        return call.document.statement(call.inputs)
    except InvalidInput as error:
        raise Refused.by(error) from error


async def read(call: Call, statement: Statement) -> str | None:
    """Run one planned statement on a reading connection. Null is only for a root that may not be null.

    Raises: Refused, Unavailable.
    """
    try:
        return await call.context.database.read(lambda connection: statement.run(connection, call.inputs))
    except InvalidInput as error:
        raise Refused.by(error) from error


async def complete(call: Call, root: Any) -> Answer:
    """Let graphql-core add what only resolvers know to what a plan has read."""
    result = graphql.execute(
        core(),
        call.document.ast,
        root,
        call,
        dict(call.variables),
        call.document.name,
    )
    if not isinstance(result, ExecutionResult):
        result = await result
    errors = [of_execution(one) for one in result.errors or ()]
    return Answer(msgspec.json.encode(result.data), errors, call.balance)
