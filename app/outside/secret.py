"""A text that must reach an outside system and nothing else: no log, no repr, no exception."""

from __future__ import annotations

import hmac


class Secret:
    """A key or token. Only `reveal()` shows it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Hand out the text, for the request that needs it and nowhere else."""
        return self._value

    def masked(self, text: str) -> str:
        """Take this secret out of `text`, such as an answer that quotes it."""
        return text.replace(self._value, "(secret)") if self._value else text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("A secret is not pickled.")
