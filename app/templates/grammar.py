"""From Jinja2's tree to our parts. The tables are the whole of the language: what has no row is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from jinja2 import nodes

from app.errors import InvalidInput
from app.templates import complaints, parts
from app.templates.filters import DEFAULT, FILTERS
from app.templates.rules import DEEPEST

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
WHAT_IS_READ = "Only `{{ name }}`, its filters, `if`, `elif`, `else` and `for` are read."
REFUSED = {
    nodes.Assign: "`set`",
    nodes.AssignBlock: "`set`",
    nodes.Macro: "`macro`",
    nodes.CallBlock: "`call`",
    nodes.FilterBlock: "`filter`",
    nodes.With: "`with`",
    nodes.Block: "`block`",
    nodes.Include: "`include`",
    nodes.Import: "`import`",
    nodes.FromImport: "`import`",
    nodes.Extends: "`extends`",
    nodes.Scope: "`autoescape`",
    nodes.BinExpr: "Arithmetic",
    nodes.Concat: "Arithmetic",
    nodes.UnaryExpr: "Arithmetic",
    nodes.Call: "A call",
    nodes.Getitem: "A pair of square brackets",
    nodes.Test: "This test",
    nodes.Const: "A number with a point, or none,",
    nodes.CondExpr: "An `if` within braces",
}


class Grammar:
    """Translates one text, and notes which variables it uses, and which of those may be without a value."""

    def __init__(self, source: str, first_line: int) -> None:
        self.source = source
        self.uses: dict[str, int] = {}  # a declared name, and the first line that uses it
        self.optional: set[str] = set()
        self._loop: dict[str, str] = {}  # the variable of the list that is gone through, and the list's name
        self._before = first_line - 1
        self._depth = 0

    def statements(self, tree: Iterable[nodes.Node]) -> tuple[parts.Part, ...]:
        """Translate statements. Raises: InvalidInput with the line of what is not in the language."""
        return tuple(part for node in tree for part in self._deeper(self._part, node))

    def _deeper(self, translate: Callable[[Any], Any], node: nodes.Node) -> Any:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(node, "It is nested too deeply. Write it flatter.")
        translated = translate(node)
        self._depth -= 1
        return translated

    def _part(self, node: nodes.Node) -> Sequence[parts.Part]:
        if isinstance(node, nodes.Output):
            return [self._output(one) for one in node.nodes]
        if isinstance(node, nodes.If):
            return [self._choice(node)]
        if isinstance(node, nodes.For):
            return [self._each(node)]
        raise self._refused(node)

    def _output(self, node: nodes.Expr) -> parts.Part:
        if isinstance(node, nodes.TemplateData):
            return parts.Text(node.data)
        return parts.Shown(self._expression(node), self._line(node), _about(node))

    def _choice(self, node: nodes.If) -> parts.Part:
        branches = [(self._expression(one.test), self.statements(one.body)) for one in (node, *node.elif_)]
        return parts.Choice(branches, self.statements(node.else_))

    def _each(self, node: nodes.For) -> parts.Part:
        if self._loop:
            raise self._wrong(node, "A `for` stands within another. Put the second one after the first.")
        if node.recursive or node.test is not None or not isinstance(node.target, nodes.Name):
            raise self._wrong(node, "Write `for` with one name and one list, and an `if` within it.")
        over = self._named(node.iter)
        self._loop = {node.target.name: over.path}
        body = self.statements(node.body)
        self._loop = {}
        return parts.Each(node.target.name, over, body, self.statements(node.else_))

    def _expression(self, node: nodes.Node) -> parts.Expression:
        translated: parts.Expression = self._deeper(self._kind_of_expression, node)
        return translated

    def _kind_of_expression(self, node: nodes.Node) -> parts.Expression:
        for kind, translate in _EXPRESSIONS.items():
            if isinstance(node, kind):
                return translate(self, node)
        raise self._refused(node)

    def _named(self, node: nodes.Node) -> parts.Named:
        names = _names(node)
        if not names or not all(map(NAME.fullmatch, names)):
            raise self._wrong(node, f"This is no variable. {WHAT_IS_READ}")
        path = ".".join([self._loop.get(names[0], names[0]), *names[1:]])
        self.uses.setdefault(path, self._line(node))
        if names[0] in self._loop:
            self.optional.add(path)  # an entry of the list may lack it, or there may be no entry
        return parts.Named(names, path, self._line(node))

    def _constant(self, node: nodes.Const) -> parts.Expression:
        if not isinstance(node.value, str | int):
            raise self._refused(node)
        return parts.Constant(node.value)

    def _comparison(self, node: nodes.Compare) -> parts.Expression:
        if len(node.ops) != 1 or node.ops[0].op not in parts.OPERATORS:
            raise self._wrong(node, "Compare two values with ==, !=, <, <=, > or >=.")
        left, right = self._expression(node.expr), self._expression(node.ops[0].expr)
        return parts.Compared(
            left, parts.OPERATORS[node.ops[0].op], right, self._line(node), _about(node.expr)
        )

    def _test(self, node: nodes.Test) -> parts.Expression:
        if node.name != "defined" or node.args or node.kwargs:
            raise self._wrong(node, f"`is {node.name}` is not read. Write `is defined`.")
        named = self._named(node.node)
        self.optional.add(named.path)
        return parts.Defined(named)

    def _filter(self, node: nodes.Filter) -> parts.Expression:
        if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
            raise self._refused(node)
        arguments = [self._argument(one) for one in node.args]
        if node.name == DEFAULT:
            return self._default(node, arguments)
        if node.name not in FILTERS:
            remedy = complaints.nearest(node.name, [*FILTERS, DEFAULT])
            raise self._wrong(node, f"There is no filter `{node.name}`. {remedy}")
        self._expect(node, arguments, FILTERS[node.name].takes)
        inner = self._expression(node.node)
        return parts.Filtered(inner, FILTERS[node.name], arguments, self._line(node), _about(node))

    def _default(self, node: nodes.Filter, arguments: Sequence[str | int]) -> parts.Expression:
        self._expect(node, arguments, str)
        named = self._named(node.node) if node.node else None
        if named is None:
            raise self._refused(node)
        self.optional.add(named.path)
        return parts.Default(named, arguments[0])

    def _expect(
        self, node: nodes.Filter, arguments: Sequence[object], takes: type[str] | type[int] | None
    ) -> None:
        if [type(one) for one in arguments] != ([takes] if takes else []):
            wanted = {None: "nothing", str: "one text in quotes", int: "one whole number"}[takes]
            raise self._wrong(node, f"The filter `{node.name}` takes {wanted}.")

    def _argument(self, node: nodes.Node) -> str | int:
        if isinstance(node, nodes.Const) and isinstance(node.value, str | int):
            return node.value
        raise self._wrong(node, "A filter takes a text in quotes or a whole number.")

    def _line(self, node: nodes.Node) -> int:
        return self._before + (node.lineno or 1)  # what Jinja2 makes up, as for `autoescape`, has no line

    def _refused(self, node: nodes.Node) -> InvalidInput:
        named = next((name for kind, name in REFUSED.items() if isinstance(node, kind)), None)
        return self._wrong(node, f"{named or type(node).__name__} is not read here. {WHAT_IS_READ}")

    def _wrong(self, node: nodes.Node, complaint: str) -> InvalidInput:
        return complaints.wrong(self.source, self._line(node), complaint)


_EXPRESSIONS: dict[type[nodes.Node], Callable[[Grammar, Any], parts.Expression]] = {
    nodes.Name: Grammar._named,
    nodes.Getattr: Grammar._named,
    nodes.Const: Grammar._constant,
    nodes.Compare: Grammar._comparison,
    nodes.Test: Grammar._test,
    nodes.Filter: Grammar._filter,
    nodes.Not: lambda grammar, node: parts.Not(grammar._expression(node.node)),
    nodes.And: lambda grammar, node: parts.Both(
        grammar._expression(node.left), grammar._expression(node.right)
    ),
    nodes.Or: lambda grammar, node: parts.Both(
        grammar._expression(node.left), grammar._expression(node.right), either=True
    ),
}


def _names(node: nodes.Node) -> list[str]:
    """The words of `incident.number`; none for what is no such thing."""
    words: list[str] = []
    while isinstance(node, nodes.Getattr) and len(words) < DEEPEST:
        words.append(node.attr)
        node = node.node
    return [node.name, *reversed(words)] if isinstance(node, nodes.Name) else []


def _about(node: nodes.Node) -> str:
    """The variable that an expression is about, as its author wrote it."""
    inner: nodes.Node | None = node
    while isinstance(inner, nodes.Filter):
        inner = inner.node
    return ".".join(_names(inner)) if inner is not None and _names(inner) else "this value"
