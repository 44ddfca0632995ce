"""The handbook's and PagerDuty's words for incidents, as the code, the database and the schema use them."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How bad it is. Source: handbook, "Severity definitions"."""

    S0 = "S0"
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return int(self.value[1])


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELED = "canceled"
    MERGED = "merged"


class IncidentRole(StrEnum):
    """What somebody does in one incident, and whom a page is for."""

    OPERATOR = "operator"
    INCIDENT_COMMANDER = "incident_commander"
    POLICY_OWNER = "policy_owner"
    COMMS_LEAD = "comms_lead"
    SCRIBE = "scribe"
    ADMINISTRATOR = "administrator"


class AlertSeverity(StrEnum):
    """What the sender says. Source: PagerDuty, Events API v2."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class AlertStatus(StrEnum):
    """Where an alert stands at its sender."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    SUPPRESSED = "suppressed"


class AlertScope(StrEnum):
    """How much an alert is about. Source: handbook, "Severity definitions"."""

    PLATFORM = "platform"
    MONETISATION = "monetisation"
    FEATURE = "feature"


class PageStatus(StrEnum):
    """How far a page has come."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    FAILED = "failed"


class PageTrouble(StrEnum):
    """Why a page may have reached nobody."""

    REFUSED = "refused"
    NOT_ACCEPTED = "not_accepted"
    UNCONFIRMED = "unconfirmed"


class Signal(StrEnum):
    """What a page's receiver is to be told. Each includes those before it. Source: Events API v2."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"

    @property
    def rank(self) -> int:
        """The order in which they are told."""
        return list(Signal).index(self)


class ChecklistKey(StrEnum):
    """A step of the post-incident checklist. Source: handbook, "Post-incident checklist"."""

    TIMELINE = "timeline"
    REVENUE_PROOF = "revenue_proof"
    RETROSPECTIVE = "retrospective"
    PLAYBOOKS = "playbooks"


class WaiverRole(StrEnum):
    """As what somebody agrees to leave a step out; it takes both."""

    COMMANDER = "commander"
    POLICY_OWNER = "policy_owner"
