"""The errors that Opsbook raises on purpose. Anything else that rises is a defect.

OpsbookError                 a person may read the message; it says what to do
├── InvalidInput             INVALID_INPUT       a field is wrong; `path` names it
├── NotFound                 NOT_FOUND           absent, or not for this viewer: the answer is the same
├── Forbidden                FORBIDDEN           seen, but not to be changed by this viewer
├── Unauthenticated          UNAUTHENTICATED     nobody has signed in
├── Conflict                 CONFLICT            somebody else was first
│   ├── InvalidTransition    INVALID_TRANSITION  the state machine has no such step
│   ├── StaleVersion         STALE_VERSION       it changed since it was read
│   ├── ChecklistIncomplete  CHECKLIST_INCOMPLETE  what is owed before is not done
│   └── EvidenceRequired     EVIDENCE_REQUIRED   nothing proves it yet
├── LimitExceeded            LIMIT_EXCEEDED      too much or too often; `retry_after` says when
├── TooLarge                 TOO_LARGE           the body is larger than its address takes
├── Unavailable              UNAVAILABLE         a part that is needed does not answer; try again
└── Misconfigured            MISCONFIGURED       a setting is missing or wrong; names the variable
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar


class OpsbookError(Exception):
    """A failure that we foresaw. The message may be shown and says what to do."""

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, path: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)


class InvalidInput(OpsbookError):
    """A field is wrong; `path` leads to it."""

    code = "INVALID_INPUT"
    status = 400


class NotFound(OpsbookError):
    """Absent, or not to be seen by this viewer: both answer alike."""

    code = "NOT_FOUND"
    status = 404


class Forbidden(OpsbookError):
    """The viewer sees it but may not do this to it."""

    code = "FORBIDDEN"
    status = 403


class Unauthenticated(OpsbookError):
    """No valid session, token, key or signature came with the request."""

    code = "UNAUTHENTICATED"
    status = 401


class Conflict(OpsbookError):
    """Somebody else was first."""

    code = "CONFLICT"
    status = 409


class InvalidTransition(Conflict):
    """The state machine has no step from where the object stands."""

    code = "INVALID_TRANSITION"

    def __init__(self, message: str, *, current: str, wanted: str, allowed: Sequence[str]) -> None:
        super().__init__(message)
        self.current = current
        self.wanted = wanted
        self.allowed = tuple(allowed)


class StaleVersion(Conflict):
    """The object changed since the caller read it."""

    code = "STALE_VERSION"


class ChecklistIncomplete(Conflict):
    """What has to be done before is not done; the message names it."""

    code = "CHECKLIST_INCOMPLETE"


class EvidenceRequired(Conflict):
    """It is done when something proves it; the message says what."""

    code = "EVIDENCE_REQUIRED"


class LimitExceeded(OpsbookError):
    """Too much or too often."""

    code = "LIMIT_EXCEEDED"
    status = 429

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooLarge(OpsbookError):
    """The body is larger than its address takes."""

    code = "TOO_LARGE"
    status = 413


class Unavailable(OpsbookError):
    """A part that is needed does not answer now; the caller should try again."""

    code = "UNAVAILABLE"
    status = 503


class Misconfigured(OpsbookError):
    """A setting is missing or wrong; the message names the variable."""

    code = "MISCONFIGURED"
