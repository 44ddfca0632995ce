"""The words of on-call."""

from __future__ import annotations

from enum import StrEnum

from app.incidents.words import IncidentRole

# Who is paged, in the order in which the handbook pages them.
ON_CALL_ROLES = (IncidentRole.OPERATOR, IncidentRole.INCIDENT_COMMANDER, IncidentRole.POLICY_OWNER)


class ShiftSource(StrEnum):
    """By whose word somebody is on call."""

    ROTA = "rota"
    COVER = "cover"
    PAGERDUTY = "pagerduty"


class Weekday(StrEnum):
    """A day of the week, in Python's order."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """0 is Monday, as in `date.weekday`."""
        return list(Weekday).index(self)
