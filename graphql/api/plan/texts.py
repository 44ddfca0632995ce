"""JSON as text in SQL: joined, not built as json values (a third faster, measured), escaped where needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)
from sqlalchemy import ColumnElement, Text, cast, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

Piece = str | ColumnElement[Any]
COMMA: ColumnElement[str] = literal_column("','")
MOMENT: ColumnElement[str] = literal_column(r"""'\"YYYY-MM-DD"T"HH24:MI:SS.US"Z"\"'""")


class Joined(ColumnElement[str]):
    """Pieces of text one after the other: strings as they are, expressions that are text and not null."""

    inherit_cache = False
    type = Text()

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = _merged(pieces)

    def _clone(self, **_: Any) -> Joined:
        return self


@compiles(Joined)
def _render(joined: Joined, compiler: SQLCompiler, **options: Any) -> str:
    parts = [
        _quote(one) if isinstance(one, str) else compiler.process(one, **options) for one in joined.pieces
    ]
    return "(" + " || ".join(parts) + ")"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


def object_(members: Iterable[tuple[str, Sequence[Piece]]]) -> list[Piece]:
    """An object of keys (that need no escaping) and values."""
    pieces: list[Piece] = []
    for key, value in members:
        pieces += [f'{"," if pieces else "{"}"{key}":', *value]
    return [*pieces, "}"] if pieces else ["{}"]


def array(items: ColumnElement[Any]) -> list[Piece]:
    """An array of what an aggregate joined with commas; null is none."""
    return ["[", or_text(items, ""), "]"]


def or_text(expression: ColumnElement[Any], text: str) -> ColumnElement[Any]:
    """A text, or another when there is none."""
    return func.coalesce(expression, literal_column(_quote(text)), type_=Text())


def leaf(type_: GraphQLOutputType, expression: ColumnElement[Any]) -> list[Piece]:
    """A scalar, enum or list of them, as its GraphQL type is written."""
    if is_list_type(get_nullable_type(type_)):
        made: list[Piece] = [cast(func.to_json(_words(type_, expression)), Text)]
    else:
        named = get_named_type(type_)
        encode = _word if isinstance(named, GraphQLEnumType) else ENCODERS[named.name]
        made = encode(expression)
    return made if is_non_null_type(type_) else [or_text(Joined(made), "null")]


def _words(type_: GraphQLOutputType, expression: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(get_named_type(type_), GraphQLEnumType):
        return cast(func.upper(cast(expression, Text)), expression.type)
    return expression


def _word(expression: ColumnElement[Any]) -> list[Piece]:
    return ['"', func.upper(cast(expression, Text)), '"']


def _plain(expression: ColumnElement[Any]) -> list[Piece]:
    return [cast(expression, Text)]


def _quoted(expression: ColumnElement[Any]) -> list[Piece]:
    return ['"', expression if isinstance(expression.type, Text) else cast(expression, Text), '"']


def _escaped(expression: ColumnElement[Any]) -> list[Piece]:
    return [cast(func.to_json(expression), Text)]


def _moment(expression: ColumnElement[Any]) -> list[Piece]:
    return [func.to_char(func.timezone(literal_column("'UTC'"), expression), MOMENT)]


ENCODERS: dict[str, Callable[[ColumnElement[Any]], list[Piece]]] = {
    "Int": _plain,
    "Float": _plain,
    "Boolean": _plain,
    "JSON": _plain,
    "ID": _quoted,
    "BigInt": _quoted,
    "Decimal": _quoted,
    "DateTime": _moment,
    "String": _escaped,
}
