"""The tables of incidents, one module per noun."""

from app.incidents.models.alert import Alert, AlertSource, Heartbeat, InboundEvent
from app.incidents.models.checklist import ChecklistItem, ChecklistWaiver, Followup
from app.incidents.models.communication import Notice, ObligationWaiver, StatusUpdate, Subscriber
from app.incidents.models.escalation import (
    EscalationPolicy,
    EscalationPolicyVersion,
    EscalationStep,
    Page,
    ProviderEvent,
    ReadinessCheck,
)
from app.incidents.models.failed import FailedDelivery
from app.incidents.models.incident import (
    ANSWERS,
    Incident,
    IncidentEvent,
    Obligation,
    Participant,
    SeverityDecision,
)
from app.incidents.models.on_call import OnCallCalendar, OnCallCover, OnCallShift, Rota
from app.incidents.models.paging import PageBudget, SlackPress
from app.incidents.models.silence import Silence
from app.incidents.models.trend import TrendStanding

__all__ = [
    "ANSWERS",
    "Alert",
    "AlertSource",
    "ChecklistItem",
    "ChecklistWaiver",
    "EscalationPolicy",
    "EscalationPolicyVersion",
    "EscalationStep",
    "FailedDelivery",
    "Followup",
    "Heartbeat",
    "InboundEvent",
    "Incident",
    "IncidentEvent",
    "Notice",
    "Obligation",
    "ObligationWaiver",
    "OnCallCalendar",
    "OnCallCover",
    "OnCallShift",
    "Page",
    "PageBudget",
    "Participant",
    "ProviderEvent",
    "ReadinessCheck",
    "Rota",
    "SeverityDecision",
    "Silence",
    "SlackPress",
    "StatusUpdate",
    "Subscriber",
    "TrendStanding",
]
