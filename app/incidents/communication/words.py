"""By what a message leaves, what it is for, and how far it has come."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """By what a message reaches somebody. The public status page needs none: it shows what was sent."""

    MAIL = "mail"
    SLACK = "slack"
    STATUSPAGE = "statuspage"


class Purpose(StrEnum):
    """What a notice is for."""

    UPDATE = "update"
    APPROVAL = "approval"
    NUDGE = "nudge"


class NoticeState(StrEnum):
    """How far a notice has come. `uncertain`: it left, and what became of it will never be known."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    LEFT_OUT = "left_out"
