"""The handbook's rules on incidents, pure: no clock, no storage, the same answer on every run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.incidents.words import (
    AlertScope,
    AlertSeverity,
    ChecklistKey,
    IncidentStatus,
    Severity,
    Signal,
    WaiverRole,
)

# Handbook, "Paging sequence": escalate to the incident commander if no acknowledgement within 5 minutes.
ACKNOWLEDGE_WITHIN = timedelta(minutes=5)
# The commander who stays silent is paged again at this interval, so often unless the policy says otherwise;
# then every administrator is.
REPEAT_EVERY = timedelta(minutes=5)
REPEATS = 3
# A group that fires again this soon after it was resolved is the same incident.
REOPEN_WITHIN = timedelta(minutes=30)
# So long nothing has fired when an S2 or S3 ends by itself: what comes back sooner is no second page.
QUIET_FOR = timedelta(minutes=2)
# What comes back as often in so long is flapping, and ends when it has been quiet for as long.
FLAPS, FLAPS_WITHIN = 3, timedelta(minutes=10)
# PagerDuty shows an incident for an accepted event within seconds; after this, somebody else must be told.
CONFIRM_WITHIN = timedelta(seconds=60)
# A page that its provider has not taken by now also leaves through the second channel.
ACCEPT_WITHIN = timedelta(seconds=30)
# Fact 16: 1, 2, 4, 8, 15 seconds, then every 30; the jitter keeps many pages from retrying in step.
RETRY_DELAYS = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 4, 8, 15, 30))
RETRY_JITTER = 0.2
# PagerDuty takes about 120 calls a minute through a routing key, and loses those above. A key's budget holds
# so many calls at most and fills by so many a second; some of them are kept for what is urgent. A call lands
# up to 7 s after it is claimed, so that no 60 s see more than 25 + 67 * 1.2 = 105 of them.
CALLS_AT_ONCE = 25
CALLS_PER_SECOND = 1.2
CALLS_KEPT_BACK = 3
CALLS_LEAVE_WITHIN = timedelta(seconds=2)
# PagerDuty, "Analytics": sleep hours are from 10 pm to 8 am every day, where the paged person lives.
SLEEP_BEGINS, SLEEP_ENDS = 22, 8

# 1: alerts alone; 2: the worst of what alerts and trend lines say.
SEVERITY_RULES_VERSION = 2

_S0, _S1, _S2, _S3 = Severity.S0, Severity.S1, Severity.S2, Severity.S3

# Source: handbook, "Severity definitions". Rows are how bad the sender says it is, columns what it is about.
# An alert that does not say what it is about is taken for the worse of the likely two when it is critical:
# "if unsure, treat it as the higher one" (PagerDuty, incident response documentation).
MATRIX: dict[AlertSeverity, dict[AlertScope | None, Severity]] = {
    AlertSeverity.CRITICAL: {
        AlertScope.PLATFORM: _S0,
        AlertScope.MONETISATION: _S1,
        AlertScope.FEATURE: _S2,
        None: _S1,
    },
    AlertSeverity.ERROR: {
        AlertScope.PLATFORM: _S1,
        AlertScope.MONETISATION: _S1,
        AlertScope.FEATURE: _S2,
        None: _S2,
    },
    AlertSeverity.WARNING: {
        AlertScope.PLATFORM: _S2,
        AlertScope.MONETISATION: _S2,
        AlertScope.FEATURE: _S3,
        None: _S3,
    },
    AlertSeverity.INFO: dict.fromkeys((*AlertScope, None), _S3),
}

SCOPE_WORDS = {
    **dict.fromkeys(("platform", "global", "all", "site"), AlertScope.PLATFORM),
    **dict.fromkeys(
        ("monetisation", "monetization", "revenue", "payments", "payment", "checkout", "billing"),
        AlertScope.MONETISATION,
    ),
    **dict.fromkeys(("feature", "service", "component"), AlertScope.FEATURE),
}

SEVERITY_WORDS = {
    **dict.fromkeys(("critical", "page", "fatal", "emergency", "alert"), AlertSeverity.CRITICAL),
    **dict.fromkeys(("error", "high", "major"), AlertSeverity.ERROR),
    **dict.fromkeys(("warning", "warn", "medium", "minor", "ticket"), AlertSeverity.WARNING),
    **dict.fromkeys(("info", "information", "notice", "low", "none", "debug"), AlertSeverity.INFO),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A severity, the rule that gave it, and the sentence that a person reads."""

    severity: Severity
    rule: str
    reason: str


def scope_of(labels: Mapping[str, str]) -> AlertScope | None:
    """What an alert says it is about, from its `scope`, else its `area`, label."""
    for name in ("scope", "area"):
        if scope := SCOPE_WORDS.get(labels.get(name, "").lower()):
            return scope
    return None


def severity_of(labels: Mapping[str, str]) -> AlertSeverity:
    """How bad an alert says it is; one that does not say is an error, as in PagerDuty's own integration."""
    return SEVERITY_WORDS.get(labels.get("severity", "").lower(), AlertSeverity.ERROR)


def classify(severity: AlertSeverity, labels: Mapping[str, str]) -> Verdict:
    """Decide how bad an incident is from one alert's own words.

    Source: handbook, "Severity definitions".
    """
    named = labels.get("severity", "").upper()
    if named in Severity.__members__:
        return Verdict(Severity(named), "label", f"{named} because the alert says so itself")
    return by_matrix(severity, scope_of(labels))


def by_matrix(severity: AlertSeverity, scope: AlertScope | None) -> Verdict:
    """Decide by how bad an alert is and what it is about."""
    verdict = MATRIX[severity][scope]
    about = f"about {scope.value}" if scope else "that does not say what it is about"
    rule = f"matrix-{severity.value}-{scope.value if scope else 'unknown'}"
    return Verdict(verdict, rule, f"{verdict} because of an alert of severity {severity.value} {about}")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that counts when several alerts arrive together: the first of the worst."""
    return min(verdicts, key=lambda verdict: verdict.severity.rank)


def needs_policy_owner(severity: Severity) -> bool:
    """Source: handbook, "The policy owner (Trust & Safety) must be looped in for S0/S1 incidents"."""
    return severity in (Severity.S0, Severity.S1)


def needs_commander(severity: Severity) -> bool:
    """Whether only a named commander may call it mitigated or resolved."""
    return severity in (Severity.S0, Severity.S1)


# What may be left out is left out by both of them.
WAIVER_ROLES = tuple(WaiverRole)


def checklist_of(severity: Severity) -> tuple[ChecklistKey, ...]:
    """What is owed after an incident. The handbook sets no limit; of an S3 its timeline is enough.

    Source: handbook, "Post-incident checklist".
    """
    return (ChecklistKey.TIMELINE,) if severity is Severity.S3 else tuple(ChecklistKey)


def is_in_review(status: IncidentStatus) -> bool:
    """Whether what is owed after an incident can be done now."""
    return status is IncidentStatus.RESOLVED


OPEN = frozenset({IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED, IncidentStatus.MITIGATED})

TRANSITIONS: dict[IncidentStatus, frozenset[IncidentStatus]] = {
    IncidentStatus.TRIGGERED: frozenset(
        {
            IncidentStatus.ACKNOWLEDGED,
            IncidentStatus.MITIGATED,
            IncidentStatus.RESOLVED,
            IncidentStatus.CANCELED,
            IncidentStatus.MERGED,
        }
    ),
    IncidentStatus.ACKNOWLEDGED: frozenset(
        {
            IncidentStatus.TRIGGERED,
            IncidentStatus.MITIGATED,
            IncidentStatus.RESOLVED,
            IncidentStatus.CANCELED,
            IncidentStatus.MERGED,
        }
    ),
    IncidentStatus.MITIGATED: frozenset(
        {IncidentStatus.ACKNOWLEDGED, IncidentStatus.RESOLVED, IncidentStatus.MERGED}
    ),
    IncidentStatus.RESOLVED: frozenset({IncidentStatus.TRIGGERED, IncidentStatus.CLOSED}),
    IncidentStatus.CLOSED: frozenset({IncidentStatus.RESOLVED}),
    IncidentStatus.CANCELED: frozenset(),
    IncidentStatus.MERGED: frozenset(),
}


def may_become(current: IncidentStatus, wanted: IncidentStatus) -> bool:
    """Whether the state machine has this step."""
    return wanted in TRANSITIONS[current]


def retry_delay(attempts: int, *, jitter: float) -> timedelta:
    """How long to wait after the `attempts`-th try failed; `jitter` is -1..1."""
    base = RETRY_DELAYS[min(attempts, len(RETRY_DELAYS)) - 1]
    return base * (1 + RETRY_JITTER * jitter)


def page_key(incident: int, generation: int, step: int) -> str:
    """The fixed key of a page: a repeat under it reaches nobody twice."""
    return f"opsbook:{incident}:{generation}:{step}"


def page_marker(incident: int, step: int) -> str:
    """The words in a page's summary that find it again at the provider."""
    return f"[OPS-{incident}·{step}]"


def is_behind(wanted: Signal, told: Signal | None) -> bool:
    """Whether a page's provider has yet to be told something."""
    return told is None or told.rank < wanted.rank
