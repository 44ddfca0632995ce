"""Who sees what and who may do what, said once more, by hand: every new type, mutation and subscription too.

People are named after the one role that they have, tokens after their one scope.
"""

from __future__ import annotations

READERS = {
    "viewer",
    "operator",
    "commander",
    "policy_owner",
    "finance",
    "integrator",
    "auditor",
    "admin",
    "token incidents:read",
}
PEOPLE = READERS | {"no role", "token admin"}
AUDITORS = {"auditor", "admin", "token audit:read"}
ADMINS = {"admin", "token admin"}
OPERATORS = {"operator", "commander", "policy_owner"}

# Who sees every object of a type.
SEES: dict[str, set[str]] = {
    "ActivityCount": READERS,
    "ActivityEvent": READERS,
    "ActivityStream": READERS,
    "Alert": READERS,
    "AlertSource": READERS,
    "ApiToken": ADMINS,
    "AudienceReach": READERS,
    "AuditEvent": AUDITORS,
    "ChangedLine": OPERATORS,
    "ChecklistItem": READERS,
    "ChecklistWaiver": READERS,
    "EscalationPolicy": READERS,
    "EscalationPolicyStep": READERS,
    "EscalationPolicyVersion": READERS,
    "EscalationStep": READERS,
    "FailedDelivery": ADMINS,
    "Heartbeat": READERS,
    "Incident": READERS,
    "IncidentMetrics": READERS,
    "IncidentReport": READERS,
    "MappedAlert": ADMINS,
    "MetricsFigures": READERS,
    "MetricsGroup": READERS,
    "MetricsSpread": READERS,
    "MetricsWindow": READERS,
    "Obligation": READERS,
    "ObligationWaiver": READERS,
    "OnCallCalendar": set(),
    "OnCallCover": READERS,
    "OnCallShift": READERS,
    "Page": READERS,
    "Participant": READERS,
    "Person": PEOPLE,
    "ReadinessCheck": READERS,
    "RelatedIncident": READERS,
    "Retrospective": READERS,
    "Rota": READERS,
    "Session": set(),
    "SeverityDecision": READERS,
    "Silence": READERS,
    "SilencePreview": READERS,
    "StatusDelivery": READERS,
    "StatusDeliveryCount": READERS,
    "StatusUpdate": READERS,
    "StatusUpdateDraft": OPERATORS,
    "StatusUpdatePreview": OPERATORS,
    "Subscriber": ADMINS,
    "ThresholdPreview": READERS,
    "TimelineEvent": READERS,
    "TrendLine": READERS,
    "TrendPoint": READERS,
    "TrendStanding": READERS,
}
# Who sees some of them besides: their own, whom this column names.
OWN = {
    "ApiToken": "api_token.owner_id",
    "OnCallCalendar": "on_call_calendar.person_id",
    "Session": "session.person_id",
}
# What is made for whoever asks.
EVERYBODYS = {"RateLimit", "Viewer"}

# Who may carry out a mutation.
MAY: dict[str, set[str]] = {
    "acknowledgeIncident": OPERATORS | {"token incidents:write"},
    "addPerson": ADMINS,
    "addSubscribers": ADMINS,
    "approveStatusUpdate": {"commander", "policy_owner"},
    "assignRole": OPERATORS | {"token incidents:write"},
    "cancelCover": OPERATORS | {"token incidents:write"},
    "cancelIncident": {"commander"},  # one of S0
    "changeHeartbeat": ADMINS,
    "changeRoles": ADMINS,
    "changeSeverity": OPERATORS | {"token incidents:write"},
    "changeStream": OPERATORS | {"token incidents:write"},
    "closeIncident": {"commander"},
    "completeChecklistItem": OPERATORS,  # with a signature, which no token gives
    "chooseEscalationPolicy": ADMINS,
    "createEscalationPolicy": ADMINS,
    "coverOnCall": OPERATORS | {"token incidents:write"},
    "createSignInLink": ADMINS,
    "createSilence": OPERATORS | {"token incidents:write"},
    "createSource": ADMINS,
    "createToken": READERS - {"token incidents:read"} | {"token admin"},
    "deactivatePerson": ADMINS,
    "declareMapping": ADMINS,
    "declareIncident": OPERATORS | {"token incidents:write"},
    "endSilence": OPERATORS | {"token incidents:write"},
    "endSession": ADMINS | {"commander"},  # the commander's
    "endSessions": ADMINS,
    "escalateIncident": OPERATORS | {"token incidents:write"},
    "fileRetrospective": OPERATORS | {"token incidents:write"},
    "mergeIncidents": OPERATORS | {"token incidents:write"},
    "mitigateIncident": OPERATORS | {"token incidents:write"},
    "postNote": OPERATORS | {"token incidents:write"},
    "postStatusUpdate": OPERATORS | {"token incidents:write"},
    "renewCalendar": READERS - {"token incidents:read"},
    "revokeCalendar": {"operator"},  # the operator's
    "removeSubscriber": ADMINS,
    "reopenIncident": OPERATORS | {"token incidents:write"},
    "replayDeliveries": ADMINS,
    "resendStatusDelivery": OPERATORS | {"token incidents:write"},
    "resetSecondFactor": ADMINS,
    "resolveIncident": OPERATORS | {"token incidents:write"},
    "retireEscalationPolicy": ADMINS,
    "reviseEscalationPolicy": ADMINS,
    "revokeSource": ADMINS,
    "revokeToken": ADMINS,
    "sendBackStatusUpdate": OPERATORS | {"token incidents:write"},
    "setSlackId": ADMINS,
    "setRota": ADMINS,
    "setTimeZone": READERS - {"token incidents:read"} | {"no role"},
    "waiveChecklistItem": {"commander", "policy_owner"},
    "waiveObligation": {"commander", "policy_owner"},
}
# What a subscription watches: how it is called, how when there is no such thing, and the type it answers.
WATCHED: dict[str, tuple[str, str, str]] = {
    "incidentChanged": ("number: 1", "number: 4711", "Incident"),
}
