"""The words for streams and trend lines, as the code, the database and the schema use them."""

from __future__ import annotations

from enum import StrEnum


class TrendState(StrEnum):
    """How a stream of activity stands against what is usual for the hour of the week."""

    LEARNING = "learning"
    NORMAL = "normal"
    SHIFT = "shift"
    DROP = "drop"
    COLLAPSE = "collapse"
    SURGE = "surge"


class StreamKind(StrEnum):
    """Whether more of a stream is good news or bad news."""

    ACTIVITY = "activity"
    FAILURE = "failure"


class StreamScope(StrEnum):
    """How much a stream tells about. Source: handbook, "Severity definitions"."""

    PLATFORM = "platform"
    MONETISATION = "monetisation"
    FEATURE = "feature"
