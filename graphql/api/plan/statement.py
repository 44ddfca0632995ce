"""A compiled document: one statement and how to fill it, kept and run for every viewer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
from graphql import GraphQLObjectType
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import asyncpg as driver

from api.plan import texts
from api.plan.compiler import Compiler
from api.plan.inputs import Hole, Inputs
from api.plan.rows import Rows
from api.plan.selection import Fields, Selector

DIALECT = driver.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL whose one value is JSON. `needs_completion` says that resolvers must add to it.

    `constant` is the JSON when no row is needed for it.
    """

    sql: str
    reads: tuple[Callable[[Inputs], Any], ...]
    needs_completion: bool
    constant: str | None = None

    async def run(self, connection: asyncpg.Connection, inputs: Inputs) -> str | None:
        """Ask the database once.

        Raises: InvalidInput when a paging argument is wrong.
        """
        values = [read(inputs) for read in self.reads]
        answer: str | None = await connection.fetchval(self.sql, *values)
        return answer


def compile_fields(
    type_: GraphQLObjectType, fields: Fields, selector: Selector, inputs: Inputs, place: Rows | None = None
) -> Statement:
    """Compile the fields of a root type. They need completion if any has only a resolver."""
    compiler = Compiler(selector, inputs)
    value = compiler.object(type_, fields, place, ())
    if compiler.needs_completion:
        compiler = Compiler(selector, inputs, completed=True)
        value = compiler.object(type_, fields, place, ())
    joined = texts.Joined(value)
    if all(isinstance(piece, str) for piece in joined.pieces):
        return Statement("", (), compiler.needs_completion, "".join(map(str, joined.pieces)))
    compiled = select(joined).compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
    holes: dict[int, Hole] = compiled.__dict__.get("holes", {})
    return Statement(str(compiled), tuple(hole.read for hole in holes.values()), compiler.needs_completion)
