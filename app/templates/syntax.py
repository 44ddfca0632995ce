"""Jinja2 reads a text. It never runs one: what it read goes to `grammar`, which knows a few things only."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes

from app.templates.complaints import wrong

# Digits of a number in the template itself; Python takes long to read a number of thousands.
LONGEST_CONSTANT = 9


@cache
def _environment() -> Environment:
    # A line that holds only a tag leaves no empty line behind.
    return Environment(trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - it renders nothing


def parse(text: str, source: str, first_line: int) -> nodes.Template:
    """Read a text whose first line is number `first_line` of its file.

    Raises: InvalidInput with the line when it is not in Jinja2's syntax, or uses what nobody needs.
    """
    try:
        _look_at_words(text, source, first_line)
        return _environment().parse(text)
    except TemplateSyntaxError as error:
        line = first_line - 1 + error.lineno
        raise wrong(source, line, f"{(error.message or 'The syntax is wrong').rstrip('.')}.") from None
    except RecursionError:
        raise wrong(source, None, "It is nested too deeply. Write it flatter.") from None


def _look_at_words(text: str, source: str, first_line: int) -> None:
    """Refuse what the parser would take apart at a price, or would not show any more."""
    for number, kind, word in _environment().lex(text):
        if complaint := _complaint(kind, word):
            raise wrong(source, first_line - 1 + number, complaint)


def _complaint(kind: str, word: str) -> str | None:
    stray = next((one for one in ("}}", "%}", "#}") if kind == "data" and one in word), None)
    complaints = {
        "`raw` is not read here: nothing that is sent may hold double braces.": kind == "raw_begin",
        "A text in quotes holds a backslash. Write the sign itself.": kind == "string" and "\\" in word,
        f"A number has more than {LONGEST_CONSTANT} digits. Give it as a variable.": (
            kind in {"integer", "float"} and len(word) > LONGEST_CONSTANT
        ),
        f"`{stray}` closes nothing. Open it, or take it away.": stray is not None,
    }
    return next((complaint for complaint, holds in complaints.items() if holds), None)
