"""Documents that were seen: parsed, limited, validated and planned once, then looked up by their text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
    get_named_type,
    parse,
    type_from_ast,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values

from api import cost, limits, values
from api.failures import BAD_REQUEST, INVALID_INPUT, PARSE_FAILED, VALIDATION_FAILED, Refused
from api.plan.compiler import split_id
from api.plan.inputs import Inputs, shape
from api.plan.registry import nodes
from api.plan.selection import Fields, Selector
from api.plan.statement import Statement, compile_fields
from api.schema import core

REMEMBERED_BYTES = 64_000_000
# Measured: what a character of a document takes when it is parsed, and one of a planned statement.
BYTES_OF_TEXT = 110
BYTES_OF_SQL = 8
PLANS_PER_DOCUMENT = 64
LARGEST_VARIABLE_ERRORS = 5


@dataclass(slots=True)
class Document:
    """One operation of a document, ready to run, with a plan for each shape of variables it was run with."""

    ast: DocumentNode
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    price: cost.Price
    ids: frozenset[str]
    bytes: int
    grown: Callable[[], None] = lambda: None
    _plans: OrderedDict[Any, Statement] = field(default_factory=OrderedDict)

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.operation

    @property
    def root(self) -> GraphQLObjectType:
        """The schema's type that the operation begins with."""
        root = core().get_root_type(self.kind)
        assert root is not None  # noqa: S101 - validation has seen that the schema has this kind
        return root

    @property
    def name(self) -> str | None:
        """What the client calls the operation."""
        return self.operation.name.value if self.operation.name else None

    def is_typename_only(self) -> bool:
        """Whether it asks for nothing but `__typename`, which anybody may."""
        return all(
            getattr(getattr(one, "name", None), "value", None) == "__typename"
            and not hasattr(one, "type_condition")
            for one in self.operation.selection_set.selections
        )

    def variables(self, given: Mapping[str, Any]) -> VariableValues:
        """Coerce a request's variables.

        Raises: Refused, naming each wrong one.
        """
        definitions = self.operation.variable_definitions or ()
        values = get_variable_values(
            core(), definitions, dict(given), LARGEST_VARIABLE_ERRORS, hide_suggestions=True
        )
        if isinstance(values, list):
            raise Refused.of(values, INVALID_INPUT)
        return values

    def statement(self, inputs: Inputs) -> Statement:
        """The plan of the whole operation."""
        return self.planned(
            (),
            inputs,
            lambda selector: (self.root, selector.fields(self.root, [self.operation.selection_set])),
        )

    def planned(self, place: tuple[str, ...], inputs: Inputs, choose: Any) -> Statement:
        """The plan of what `choose` selects at `place`, remembered for the shape of the variables."""
        key = (place, self._shape(inputs.variables))
        found = self._plans.get(key)
        if found is None:
            selector = Selector(core(), self.fragments, inputs.variables)
            type_, fields = choose(selector)
            found = self._plans[key] = compile_fields(type_, fields, selector, inputs)
            self._weigh(found)
        return found

    def _weigh(self, new: Statement) -> None:
        self.bytes += len(new.sql) * BYTES_OF_SQL
        if len(self._plans) > PLANS_PER_DOCUMENT:
            _, old = self._plans.popitem(last=False)
            self.bytes -= len(old.sql) * BYTES_OF_SQL
        self.grown()

    def _shape(self, variables: VariableValues) -> Any:
        if not variables.coerced:
            return ()
        return tuple(
            (
                name,
                split_id(value)[0]
                if name in self.ids and isinstance(value, str) and split_id(value)[0] in nodes(core())
                else shape(value),
            )
            for name, value in variables.coerced.items()
        )


Choice = tuple[GraphQLObjectType, Fields]


class Documents:
    """A bounded memory of documents and their plans; the longest unused ones go first."""

    def __init__(self, room_bytes: int = REMEMBERED_BYTES) -> None:
        self._room_bytes = room_bytes
        self._known: OrderedDict[tuple[str, str | None], Document] = OrderedDict()

    def find(self, text: str, operation_name: str | None = None, *, trusted: bool = False) -> Document:
        """The document, prepared now if it is new. Ours are trusted and not limited.

        Raises: Refused.
        """
        key = (text, operation_name)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = prepare(text, operation_name, trusted=trusted)
            found.grown = self._forget
            self._forget()
        else:
            self._known.move_to_end(key)
        return found

    def _forget(self) -> None:
        taken = sum(one.bytes for one in self._known.values())
        while taken > self._room_bytes and len(self._known) > 1:
            _, forgotten = self._known.popitem(last=False)
            taken -= forgotten.bytes


@cache
def documents() -> Documents:
    """This process's memory."""
    return Documents()


def prepare(text: str, operation_name: str | None, *, trusted: bool = False) -> Document:
    """Parse, limit, validate and price a document.

    Raises: Refused.
    """
    if not trusted:
        limits.check_text(text)
    ast = _parsed(text, None if trusted else limits.TOKENS)
    if not trusted:
        limits.check(ast)
        values.check_document(ast)
    problems = validate(core(), ast, max_errors=5, hide_suggestions=True)
    if problems:
        raise Refused.of(problems, VALIDATION_FAILED)
    operation = _operation(ast, operation_name)
    fragments = {one.name.value: one for one in ast.definitions if isinstance(one, FragmentDefinitionNode)}
    ids = frozenset(one.variable.name.value for one in operation.variable_definitions or () if _is_id(one))
    return Document(
        ast, operation, fragments, cost.of(core(), operation, fragments), ids, len(text) * BYTES_OF_TEXT
    )


def _parsed(text: str, tokens: int | None) -> DocumentNode:
    try:
        return parse(text, max_tokens=tokens)
    except GraphQLSyntaxError as error:
        if "Token limit" in error.message or "tokens" in error.message:
            raise limits.refused(f"The document has more than {tokens:,} tokens.") from error
        raise Refused.of([error], PARSE_FAILED) from error
    except RecursionError as error:
        raise limits.refused("The document is nested too deeply.") from error


def _operation(ast: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [one for one in ast.definitions if isinstance(one, OperationDefinitionNode)]
    if name is not None:
        found = [one for one in found if one.name and one.name.value == name]
    if len(found) == 1:
        return found[0]
    if name is not None:
        raise Refused.because(BAD_REQUEST, "The document has no operation of the name in `operationName`.")
    raise Refused.because(BAD_REQUEST, "The document has several operations; name one in `operationName`.")


def _is_id(definition: VariableDefinitionNode) -> bool:
    type_ = type_from_ast(core(), definition.type)
    return type_ is not None and get_named_type(type_).name == "ID"
