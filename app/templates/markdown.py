"""Markdown as HTML for pages and mail, and as plain text. Foreign HTML stays text, and nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from app.errors import InvalidInput
from app.templates.escaping import is_address
from app.templates.rules import LARGEST_OUTPUT

# A list in a list in a quotation has five; each level costs Python's stack a few frames.
DEEPEST_NESTING = 20


class _Reader(MarkdownIt):
    """CommonMark without HTML and without pictures, which would tell their owner who reads."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "maxNesting": DEEPEST_NESTING})
        self.disable(["image", "html_block", "html_inline"])

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Let links lead to the web and to mailboxes only."""
        return is_address(url)


def to_html(text: str) -> str:
    """Turn Markdown into HTML that may stand on any page of ours.

    Raises: InvalidInput when the text is too long.
    """
    html: str = _reader().render(_bounded(text))
    return html


def to_text(text: str) -> str:
    """Turn Markdown into text without marks: links show where they lead, lists and quotations stay.

    Raises: InvalidInput when the text is too long.
    """
    return _blocks(SyntaxTreeNode(_reader().parse(_bounded(text))).children) + "\n"


@cache
def _reader() -> MarkdownIt:
    return _Reader()


def _bounded(text: str) -> str:
    if len(text) > LARGEST_OUTPUT:
        raise InvalidInput(f"Write at most {LARGEST_OUTPUT:,} characters.", path=("body",))
    return text


def _blocks(nodes: list[SyntaxTreeNode]) -> str:
    return "\n\n".join(_block(node) for node in nodes)


def _block(node: SyntaxTreeNode) -> str:
    return _BLOCKS.get(node.type, _words)(node)


def _words(node: SyntaxTreeNode) -> str:
    return "".join(_inline(one) for one in node.children)


def _quotation(node: SyntaxTreeNode) -> str:
    return _indented(_blocks(node.children), "> ", "> ")


def _code(node: SyntaxTreeNode) -> str:
    return _indented(node.content.rstrip("\n"), "    ", "    ")


def _list(node: SyntaxTreeNode) -> str:
    first = int(node.attrs.get("start", 1))
    marks = [f"{first + at}. " if node.type == "ordered_list" else "- " for at in range(len(node.children))]
    items = [
        _indented(_item(item), mark, " " * len(mark)) for mark, item in zip(marks, node.children, strict=True)
    ]
    return "\n".join(items)


def _item(node: SyntaxTreeNode) -> str:
    return "\n".join(_block(one) for one in node.children)


def _indented(text: str, first: str, others: str) -> str:
    return first + text.replace("\n", f"\n{others}")


def _inline(node: SyntaxTreeNode) -> str:
    if node.type in {"softbreak", "hardbreak"}:
        return "\n"
    if node.type in {"text", "code_inline"}:
        return node.content
    words = _words(node)
    address = str(node.attrs.get("href", ""))
    return f"{words} ({address})" if node.type == "link" and words not in address else words


_BLOCKS: dict[str, Callable[[SyntaxTreeNode], str]] = {
    "bullet_list": _list,
    "ordered_list": _list,
    "blockquote": _quotation,
    "fence": _code,
    "code_block": _code,
    "hr": lambda _: "---",
}
