"""What becomes of a request that did not do what it should: one shape for GitHub, Slack and Statuspage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Literal

from app.outside import http

FailedKind = (
    http.FailureKind
    | Literal[
        "throttled",
        "unauthenticated",
        "forbidden",
        "not_found",
        "moved",
        "gone",
        "invalid",
        "server_error",
        "unexpected_answer",
    ]
)
Remedies = Mapping[FailedKind, str]
ENHANCE_YOUR_CALM = 420  # what Statuspage, among others, says instead of 429
MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not come about, as far as we know. `permanent`: asking again cannot help until `remedy` is done.

    `retry_after`: earlier the other side will not listen. `reason` is in its own words, without secrets.
    """

    kind: FailedKind
    permanent: bool
    status: int | None = None
    retry_after: timedelta | None = None
    reason: str = ""
    remedy: str = field(default="", compare=False)

    @property
    def may_have_arrived(self) -> bool:
        """Tell whether the other side may have done it all the same, so that a repeat could do it twice."""
        return self.kind in _REPLY_LOST


def of_failure(failure: http.Failure, remedies: Remedies) -> Failed:
    """Say what it means that no answer came."""
    return Failed(failure.kind, failure.permanent, remedy=remedies.get(failure.kind, ""))


def of_answer(
    answer: http.Answer, remedies: Remedies, *, reason: str = "", kind: FailedKind | None = None
) -> Failed:
    """Say what an answer means that is no success; `kind` when its status alone does not tell."""
    kind = kind or kind_of(answer.status)
    return Failed(
        kind,
        kind in _PERMANENT,
        answer.status,
        http.retry_after(answer.headers),
        reason,
        remedies.get(kind, ""),
    )


def kind_of(status: int) -> FailedKind:
    """Name what a status means when nothing else is known."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "server_error"
    return _KINDS.get(status, "unexpected_answer")


_KINDS: dict[int, FailedKind] = {
    HTTPStatus.MOVED_PERMANENTLY: "moved",
    HTTPStatus.TEMPORARY_REDIRECT: "moved",
    HTTPStatus.PERMANENT_REDIRECT: "moved",
    HTTPStatus.BAD_REQUEST: "invalid",
    HTTPStatus.UNAUTHORIZED: "unauthenticated",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.GONE: "gone",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "invalid",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid",
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
    ENHANCE_YOUR_CALM: "throttled",
}
_PERMANENT: frozenset[FailedKind] = frozenset(
    ("unauthenticated", "forbidden", "not_found", "moved", "gone", "invalid")
)
# A request that was refused, or never left, has done nothing. Of these we cannot know.
_REPLY_LOST: frozenset[FailedKind] = frozenset(
    ("timeout", "connection_reset", "unreachable", "bad_response", "server_error", "unexpected_answer")
)
