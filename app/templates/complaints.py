"""What is wrong with a template, and what to do: file, line, name, and the name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from app.errors import InvalidInput


def wrong(source: str, line: int | None, complaint: str, *, name: str | None = None) -> InvalidInput:
    """Make the error. `name` is the variable or the key that it is about."""
    where = source if line is None else f"{source}, line {line}"
    return InvalidInput(f"{where}: {complaint}", path=(name,) if name else ())


def quoted(names: Iterable[str]) -> str:
    """Several names in a sentence."""
    return ", ".join(f"`{name}`" for name in names)


def nearest(name: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: the one that was probably meant, or all there are."""
    choices = sorted(known)
    if close := difflib.get_close_matches(name, choices, n=1):
        return f"Did you mean `{close[0]}`?"
    return f"There are: {quoted(choices)}." if choices else "There are none."
