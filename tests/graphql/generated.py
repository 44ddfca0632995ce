"""Documents made up over the schema by hypothesis-graphql: the same ones in every run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    IntValueNode,
    ListValueNode,
    StringValueNode,
    Visitor,
    parse,
    print_ast,
    visit,
)
from graphql.language import parse_const_value
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis_graphql import Mode, mutations, queries

from api.schema import core
from tests.graphql.documents import IDS

UNLIKELY = {"last", "after", "before", "stream", "action"}
MOMENTS = st.one_of(
    st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "yesterday"]),
)
VALUES = st.sampled_from(['{summary: "a", dedup_key: "b?"}', '{summary: ["="]}', "{}", "[7, null]", "1.5"])
SCALARS = {
    "DateTime": MOMENTS.map(lambda text: StringValueNode(value=text)),
    "JSON": VALUES.map(parse_const_value),
}


def documents(root: str, field: str, count: int) -> list[str]:
    """So many documents that ask for a field of a root: wild, tamed, and with one rule broken somewhere."""
    wild = _drawn(root, field, Mode.POSITIVE, count // 2)
    return [*wild, *map(tamed, wild), *_drawn(root, field, Mode.NEGATIVE, count // 4)]


def tame(root: str, field: str, count: int) -> list[str]:
    """Documents whose pages, numbers and ids are such as there are."""
    return [tamed(text) for text in _drawn(root, field, Mode.POSITIVE, count)]


def tamed(text: str) -> str:
    """Put values that lead to something where any would do."""
    return print_ast(visit(parse(text), _Tamer()))


class _Tamer(Visitor):
    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode:
        kept = [one for one in node.arguments or () if one.name.value not in UNLIKELY]
        return replace(node, arguments=tuple(map(_likely, kept)))


def _likely(argument: ArgumentNode) -> ArgumentNode:
    name, value = argument.name.value, argument.value
    chosen = int(value.value) if isinstance(value, IntValueNode) else len(print_ast(value))
    if name in ("first", "number"):
        return replace(argument, value=IntValueNode(value=str(abs(chosen) % 12)))
    if name == "matchers":
        return replace(argument, value=ListValueNode(values=(StringValueNode(value="source ~ prom.*"),)))
    if name == "id":
        return replace(argument, value=StringValueNode(value=IDS[chosen % len(IDS)]))
    return argument


def _drawn(root: str, field: str, mode: Mode, count: int) -> list[str]:
    make = {"Query": queries, "Mutation": mutations}[root]
    found: list[str] = []

    # Drawn first and asked afterwards: a draw that is given up must not end a running event loop.
    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(make(core(), fields=[field], custom_scalars=SCALARS, mode=mode))
    def draw(text: str) -> None:
        found.append(text)

    try:
        draw()
    except InvalidArgument:  # nothing in this field could be broken
        assert mode is Mode.NEGATIVE
    return found
