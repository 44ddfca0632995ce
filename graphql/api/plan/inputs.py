"""What a planned statement is given at each run: the viewer, the variables, and arguments made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import FieldNode, GraphQLField, VariableNode, Visitor, visit
from graphql.execution.values import VariableValues, get_argument_values
from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from app.security.permissions import Actor

NO_VARIABLES = VariableValues({}, {})
T = TypeVar("T")


@dataclass(eq=False, slots=True)
class Site:
    """One place of a document where a field is called with arguments."""

    field: GraphQLField
    node: FieldNode
    path: tuple[str, ...]
    constant: dict[str, Any] | None = None

    @classmethod
    def at(cls, field_: GraphQLField, node: FieldNode, path: tuple[str, ...]) -> Site:
        """Note a call; arguments that no variable touches are read once, here."""
        constant = None if _has_variables(node) else get_argument_values(field_, node, NO_VARIABLES)
        return cls(field_, node, path, constant)


@dataclass(slots=True)
class Inputs:
    """One run's viewer and variables. `given` holds what a payload names, such as an incident's number."""

    actor: Actor
    variables: VariableValues = NO_VARIABLES
    given: Mapping[str, Any] = field(default_factory=dict)
    _memo: dict[Any, Any] = field(default_factory=dict)

    def arguments(self, site: Site) -> dict[str, Any]:
        """The coerced arguments of a call, by their names in the schema."""
        if site.constant is not None:
            return site.constant
        return self.once(site, lambda: get_argument_values(site.field, site.node, self.variables))

    def once(self, key: object, make: Callable[[], T]) -> T:
        """Compute something once in this run."""
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found


class Hole(ColumnElement[Any]):
    """A place in a statement that each run fills: `$1::BIGINT`."""

    inherit_cache = False

    def __init__(self, type_: TypeEngine[Any] | type[TypeEngine[Any]], read: Callable[[Inputs], Any]) -> None:
        self.type = type_() if isinstance(type_, type) else type_
        self.read = read

    def _clone(self, **_: Any) -> Hole:
        return self


@compiles(Hole)
def _render(hole: Hole, compiler: SQLCompiler, **_: Any) -> str:
    holes: dict[int, Hole] = compiler.__dict__.setdefault("holes", {})
    holes.setdefault(id(hole), hole)
    number = list(holes).index(id(hole)) + 1
    return f"${number}::{hole.type.compile(compiler.dialect)}"


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call's arguments while it is planned: which are there and which are true is part of the plan's key.

    Every other value is only a hole, so that one plan serves all values.
    """

    site: Site
    values: Mapping[str, Any]
    trail: tuple[str, ...] = ()

    def part(self, name: str) -> Arguments:
        """The fields of an input object; none when it is absent."""
        return Arguments(self.site, self.values.get(name) or {}, (*self.trail, name))

    def has(self, name: str) -> bool:
        """Whether the argument is given and not null."""
        return self.values.get(name) is not None

    def says(self, name: str) -> bool | None:
        """The value of a Boolean, or None."""
        value: bool | None = self.values.get(name)
        return value

    def hole(self, name: str, type_: TypeEngine[Any] | type[TypeEngine[Any]]) -> Hole:
        """The value of an argument, filled in by each run."""
        trail = (*self.trail, name)
        return Hole(type_, lambda inputs: _dig(inputs.arguments(self.site), trail))


def shape(value: Any) -> Any:
    """What of a variable's value can change a statement: presence, nulls and Booleans, never the rest."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return tuple((key, shape(part)) for key, part in sorted(value.items()))
    return "*"


def _dig(arguments: Mapping[str, Any], trail: tuple[str, ...]) -> Any:
    found: Any = arguments
    for name in trail:
        found = found[name]
    return (
        [getattr(one, "value", one) for one in found]
        if isinstance(found, list)
        else getattr(found, "value", found)
    )


def variables_in(node: FieldNode) -> Iterator[str]:
    """The names of the variables in a call's arguments."""
    found: list[str] = []

    class Finder(Visitor):
        def enter_variable(self, variable: VariableNode, *_: Any) -> None:
            found.append(variable.name.value)

    for argument in node.arguments or ():
        visit(argument, Finder())
    return iter(found)


def _has_variables(node: FieldNode) -> bool:
    return next(variables_in(node), None) is not None
