"""Every error that leaves GraphQL carries a code; our own faults show only a reference into the log."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Self

import msgspec
from graphql import GraphQLError

from app.errors import OpsbookError

log = logging.getLogger("opsbook.graphql")

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_REQUEST = "BAD_REQUEST"
INVALID_INPUT = "INVALID_INPUT"
LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
UNAUTHENTICATED = "UNAUTHENTICATED"
INTERNAL = "INTERNAL"

Shown = dict[str, Any]


class Refused(Exception):
    """A request that is answered without being executed: there are errors and no data."""

    def __init__(self, errors: list[Shown], status: int = 400, retry_after: timedelta | None = None) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors
        self.status = status
        self.retry_after = retry_after

    @classmethod
    def because(cls, code: str, message: str, *, status: int = 400, **more: Any) -> Self:
        """Refuse with one error."""
        return cls([{"message": message, "extensions": {"code": code, **more}}], status)

    @classmethod
    def of(cls, errors: Iterable[GraphQLError], code: str) -> Self:
        """Refuse with the errors of a document or its variables."""
        return cls([{**_place(one), "extensions": {"code": code}} for one in errors])

    @classmethod
    def by(cls, error: OpsbookError) -> Self:
        """Refuse with an error of the core."""
        return cls([shown(error)], error.status, getattr(error, "retry_after", None))

    def body(self) -> bytes:
        """The whole answer as JSON."""
        return msgspec.json.encode({"errors": self.errors})


def shown(error: OpsbookError) -> Shown:
    """An error of the core as a client sees it; `extensions.path` leads to the wrong argument."""
    extensions: Shown = {"code": error.code}
    if error.path:
        extensions["path"] = list(error.path)
    return {"message": error.message, "extensions": extensions}


def of_execution(error: GraphQLError) -> Shown:
    """An error that a resolver raised, as a client sees it."""
    original = error.original_error
    if isinstance(original, OpsbookError):
        return {**_place(error), **shown(original)}
    if original is None and not error.path:
        return {**_place(error), "extensions": {"code": INVALID_INPUT}}
    return {**_place(error), **masked(original or error)}


def masked(error: BaseException) -> Shown:
    """Log a defect under a reference and show that alone."""
    reference = secrets.token_hex(6)
    log.error("A GraphQL operation failed (reference %s)", reference, exc_info=error)
    message = f"Something broke on our side. Tell us the reference {reference}."
    return {"message": message, "extensions": {"code": INTERNAL, "reference": reference}}


def _place(error: GraphQLError) -> Shown:
    formatted: Any = error.formatted
    return {name: value for name, value in formatted.items() if name != "extensions"}
