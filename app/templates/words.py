"""Whom a message is for, and what it says of the incident's state."""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    """Whom a message is for."""

    INTERNAL = "internal"
    COMMUNITY = "community"
    ENTERPRISE = "enterprise"


class PublicStatus(StrEnum):
    """Where an incident stands in words for outsiders. Source: Statuspage's four."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
