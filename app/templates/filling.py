"""One filling of one text: the values, what has been written, and the bounds of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.errors import InvalidInput
from app.templates import complaints
from app.templates.rules import LARGEST_OUTPUT, MOST_STEPS
from app.templates.values import is_blank, unfit


class Filling:
    """Looks values up and collects the text."""

    def __init__(self, source: str, values: Mapping[str, object], escape: Callable[[str], str]) -> None:
        self.source = source
        self.values = values
        self.escape = escape
        self.loop: dict[str, object] = {}  # the variable of the list that is gone through
        self._written: list[str] = []
        self._size = self._steps = 0

    @property
    def text(self) -> str:
        """What has been written."""
        return "".join(self._written)

    def step(self) -> None:
        """Count one thing done.

        Raises: InvalidInput when it is one too many.
        """
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise complaints.wrong(
                self.source, None, "It takes too many steps to fill in. Shorten it or its lists."
            )

    def write(self, text: str) -> None:
        """Add to the text.

        Raises: InvalidInput when it becomes too long.
        """
        self._written.append(text)
        self._size += len(text)
        if self._size > LARGEST_OUTPUT:
            raise complaints.wrong(
                self.source, None, f"The text becomes longer than {LARGEST_OUTPUT:,} characters. Shorten it."
            )

    def find(self, names: Sequence[str], line: int | None, path: str) -> object:
        """Look up a name and its fields; None where there is no value. `path` is its declared name.

        Raises: InvalidInput when the value is of a kind or a size that no text holds.
        """
        found: object = self.loop if names[0] in self.loop else self.values
        for name in names:
            if not isinstance(found, Mapping):
                raise self.wrong(line, path, f"has no fields, so that `{name}` cannot be one")
            found = found.get(name)
            if is_blank(found):
                return None
        if complaint := unfit(found):
            raise self.wrong(line, path, complaint)
        return found

    def wrong(self, line: int | None, path: str, what: str) -> InvalidInput:
        """Make the error about one variable."""
        return complaints.wrong(self.source, line, f"`{path}` {what}.", name=path)
