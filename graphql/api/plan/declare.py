"""How a type says its fields: once, as SQL over SQLAlchemy Core, beside their types and descriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry
from sqlalchemy import ColumnElement, FromClause, Select, Text, cast, literal_column
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from api.plan.inputs import Arguments

Condition = ColumnElement[bool]
Filter = Callable[[Arguments], Iterable[Condition]]
T = TypeVar("T")

PLAN = "plan"


def no_filter(_: Arguments) -> Iterable[Condition]:
    """Take every row."""
    return ()


@dataclass(frozen=True)
class TypePlan:
    """Where a type's rows are and which of them the viewer sees. `prefix` begins the ids of a node."""

    table: FromClause | None
    sees: Condition | None
    prefix: str | None
    key: ColumnElement[Any] | None


@dataclass(frozen=True)
class Column:
    """A value of the row itself."""

    expression: ColumnElement[Any]


@dataclass(frozen=True)
class Part:
    """An object made of the same row (or, at the root, of no row)."""


@dataclass(frozen=True)
class StandIn:
    """A row made of constants, with the names of a type's columns, for parents that `where` describes."""

    row: Select[Any]
    where: Condition


@dataclass(frozen=True)
class One:
    """The one row that a condition finds, or null. `otherwise` stands in when there is none."""

    where: Condition | None
    filter: Filter
    otherwise: StandIn | None = None


@dataclass(frozen=True)
class Many:
    """Some rows in an order, all of them. `size` is how many to expect: the cost of the field."""

    where: Condition | None
    order: tuple[ColumnElement[Any], ...]
    size: int


@dataclass(frozen=True)
class Connection:
    """Rows page by page, by keyset: all `keys` ascend, or all descend."""

    where: Condition | None
    keys: tuple[ColumnElement[Any], ...]
    descending: bool
    filter: Filter
    page_size: int


@dataclass(frozen=True)
class Node:
    """Any object by its id."""


@dataclass(frozen=True)
class Computed:
    """What SQL cannot say: a resolver, and the columns that it needs, found under `hidden(column)`.

    `size` is how many objects to expect, or as many as would cost as much: the cost of the field.
    """

    needs: tuple[ColumnElement[Any], ...] = ()
    size: int = 1


@dataclass(frozen=True)
class OfPage:
    """A field of a connection, of its edges or of its `pageInfo`."""


Plan = Column | Part | One | Many | Connection | Node | Computed | OfPage


def hidden(name: str) -> str:
    """The key under which a resolver finds a column. No response key contains a colon."""
    return f":{name}"


@dataclass(frozen=True)
class Argument:
    """An argument of a planned field."""

    name: str
    type: Any
    description: str
    default: Any = strawberry.UNSET


def table_type(
    table: FromClause | None = None,
    *,
    description: str,
    sees: Condition | None = None,
    node: str | None = None,
    name: str | None = None,
) -> Callable[[type[T]], type[T]]:
    """Make a class a GraphQL type whose objects are rows of `table`."""

    def decorate(cls: type[T]) -> type[T]:
        key = table.c["id"] if table is not None and node else None
        if node and key is not None:
            cls.__annotations__ = {"id": strawberry.ID, **cls.__annotations__}
            cls.id = column(  # type: ignore[attr-defined]
                literal_column(f"'{node}_'").op("||", return_type=Text())(cast(key, Text)),
                "The same in every answer; take it as it is.",
            )
        cls.__plan__ = TypePlan(table, sees, node, key)  # type: ignore[attr-defined]
        made: type[T] = strawberry.type(cls, name=name, description=description)
        return made

    return decorate


def column(
    expression: Any, description: str, *, name: str | None = None, deprecated: str | None = None
) -> Any:
    """A value of the row."""
    return _field(Column(expression), description, name=name, deprecated=deprecated)


def part(description: str) -> Any:
    """An object made of the same row."""
    return _field(Part(), description)


def one(
    where: Condition | None,
    description: str,
    *,
    filter: Filter = no_filter,  # noqa: A002 - the word that partners know from the schema
    arguments: Sequence[Argument] = (),
    otherwise: StandIn | None = None,
) -> Any:
    """The row of the field's type that `where` (and `filter`, from arguments) finds."""
    return _field(One(where, filter, otherwise), description, arguments)


def many(
    where: Condition | None, description: str, *, order: Sequence[ColumnElement[Any]], size: int = 20
) -> Any:
    """All rows of the field's type that `where` finds."""
    return _field(Many(where, tuple(order), size), description)


def connection(
    where: Condition | None,
    description: str,
    *,
    keys: Sequence[ColumnElement[Any]],
    descending: bool = False,
    filter: Filter = no_filter,  # noqa: A002
    arguments: Sequence[Argument] = (),
    page_size: int = 50,
    backward: bool = True,
) -> Any:
    """Rows of the field's type in pages. `keys` are unique together and never null."""
    spec = Connection(where, tuple(keys), descending, filter, page_size)
    return _field(spec, description, (*arguments, *_pages(page_size, backward)))


def of_page(description: str) -> Any:
    """A field that belongs to a page, not to a row."""
    return strawberry.field(description=description, metadata={PLAN: OfPage()})


def node(description: str) -> Any:
    """Any object by its id."""
    return _field(Node(), description, [Argument("id", strawberry.ID, "An id out of an earlier answer.")])


def computed(description: str, *, needs: Sequence[ColumnElement[Any]] = (), size: int = 1) -> Any:
    """Mark a resolver as one that works on columns: it finds them in its parent under `hidden(name)`."""
    return strawberry.field(description=description, metadata={PLAN: Computed(tuple(needs), size)})


def _pages(page_size: int, backward: bool) -> list[Argument]:
    cursor = "A cursor of the same field with the same filter."
    forward = [
        Argument("first", int | None, f"How many from the start, at most 100; {page_size} if absent.", None),
        Argument("after", str | None, f"Start after this. {cursor}", None),
    ]
    if not backward:
        forward[0] = Argument("first", int | None, "How many, at most 100.", page_size)
        return forward
    return [
        *forward,
        Argument("last", int | None, "How many from the end, at most 100. Not together with `first`.", None),
        Argument("before", str | None, f"End before this. {cursor}", None),
    ]


def _field(
    plan: Plan,
    description: str,
    arguments: Sequence[Argument] = (),
    *,
    name: str | None = None,
    deprecated: str | None = None,
) -> Any:
    made = StrawberryField(
        description=description, metadata={PLAN: plan}, graphql_name=name, deprecation_reason=deprecated
    )
    made.init = made.repr = made.compare = False  # no object ever holds it
    made.arguments = [
        StrawberryArgument(
            python_name=one.name,
            graphql_name=one.name,
            type_annotation=StrawberryAnnotation(one.type),
            description=one.description,
            default=one.default,
        )
        for one in arguments
    ]
    return made
