"""The schema's enums: the words of the code and the tables, in capitals, with what each means."""

from __future__ import annotations

from enum import EnumMeta, StrEnum
from typing import Any

import strawberry

from app.activity.words import StreamKind, StreamScope, TrendState
from app.incidents.metrics import Every as MetricsPeriod
from app.incidents.on_call.words import ShiftSource, Weekday
from app.incidents.words import IncidentRole, IncidentStatus, PageStatus, PageTrouble, Severity
from app.templates import Audience, PublicStatus

__all__ = [
    "Audience",
    "ErrorCode",
    "IncidentRole",
    "IncidentStatus",
    "MetricsPeriod",
    "PageStatus",
    "PageTrouble",
    "PublicStatus",
    "Severity",
    "ShiftSource",
    "StreamKind",
    "StreamScope",
    "TrendState",
    "Weekday",
]


class ErrorCode(StrEnum):
    """Why a command was refused."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    INVALID_TRANSITION = "INVALID_TRANSITION"
    STALE_VERSION = "STALE_VERSION"
    CHECKLIST_INCOMPLETE = "CHECKLIST_INCOMPLETE"
    APPROVAL_REQUIRED = "APPROVAL_REQUIRED"
    RETRY_REQUIRED = "RETRY_REQUIRED"
    EVIDENCE_REQUIRED = "EVIDENCE_REQUIRED"
    PERIOD_CLOSED = "PERIOD_CLOSED"
    CONFLICT = "CONFLICT"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"


def _describe(enum: EnumMeta, description: str, name: str | None = None, **meanings: str) -> None:
    made: Any = strawberry.enum(enum, name=name, description=description)
    for value in made.__strawberry_definition__.values:
        value.description = meanings[value.name]


_describe(
    Severity,
    "How bad it is, as the handbook defines it.",
    S0="Platform-wide outage.",
    S1="Core monetisation is affected.",
    S2="A non-critical feature is degraded.",
    S3="Informational.",
)
_describe(
    IncidentStatus,
    "Where an incident stands.",
    TRIGGERED="Open; nobody has acknowledged it yet.",
    ACKNOWLEDGED="Somebody has taken it.",
    MITIGATED="The effect on customers has ended, the cause may remain.",
    RESOLVED="Over.",
    CLOSED="Over, and everything that the handbook demands afterwards is done.",
    CANCELED="It was none.",
    MERGED="Goes on in another incident.",
)
_describe(
    IncidentRole,
    "What somebody does in one incident, and whom a page is for.",
    "Role",
    OPERATOR="On call; paged first.",
    INCIDENT_COMMANDER="Leads; paged when nobody acknowledges within five minutes.",
    POLICY_OWNER="Trust & Safety; looped in at once for S0 and S1.",
    COMMS_LEAD="Writes to the community and to enterprise customers.",
    SCRIBE="Keeps the notes.",
    ADMINISTRATOR="Looks after Opsbook; paged when nobody has answered at all.",
)
_describe(
    PageStatus,
    "How far a page has come.",
    QUEUED="Stored; the pager has not taken it yet.",
    ACCEPTED="The pager took it, but has not shown it back yet.",
    CONFIRMED="The pager shows it as an incident of its own.",
    ACKNOWLEDGED="Somebody answered it.",
    RESOLVED="The pager knows that it is over.",
    FAILED="The pager refuses it for good.",
)
_describe(
    PageTrouble,
    "Why a page may have reached nobody; mail and Slack have been tried as well.",
    REFUSED="The pager refuses it for good.",
    NOT_ACCEPTED="The pager had not taken it after 30 seconds.",
    UNCONFIRMED="The pager took it, but showed nothing of it for 60 seconds.",
)
_describe(
    TrendState,
    "How a stream of activity stands against what is usual for this hour of the week.",
    LEARNING="Too little history to judge.",
    NORMAL="As usual.",
    SHIFT="Away from the usual for longer than chance explains.",
    DROP="Clearly below the usual.",
    COLLAPSE="Next to nothing is left.",
    SURGE="Clearly above the usual.",
)
_describe(
    StreamKind,
    "Whether more of a stream is good news or bad news.",
    ACTIVITY="What people and partners do: less of it is a sign of trouble.",
    FAILURE="What goes wrong: more of it is. A surge counts as a drop of what it is about.",
)
_describe(
    StreamScope,
    "How much a stream tells about, in the words of the severity definitions.",
    PLATFORM="The platform as a whole.",
    MONETISATION="Core monetisation.",
    FEATURE="One feature that others do without.",
)
_describe(
    ErrorCode,
    "Why a command was refused.",
    INVALID_INPUT="An argument is wrong; `path` names it.",
    NOT_FOUND="There is no such thing, or it is not for you.",
    FORBIDDEN="You may see it, but not do this to it.",
    INVALID_TRANSITION="It has no such step from where it stands.",
    STALE_VERSION="It changed since you read it.",
    CHECKLIST_INCOMPLETE="Items that must be done first are open.",
    APPROVAL_REQUIRED="Somebody else has to approve first.",
    RETRY_REQUIRED="Try again first: a repeat may still help.",
    EVIDENCE_REQUIRED="Evidence has to be attached first.",
    PERIOD_CLOSED="The period is signed off.",
    CONFLICT="Somebody else was first.",
    LIMIT_EXCEEDED="Too much, or too often.",
)
_describe(
    MetricsPeriod,
    "How a window of time is cut.",
    "MetricsPeriod",
    DAY="Into days.",
    WEEK="Into weeks, which begin on Mondays.",
    MONTH="Into months.",
)
_describe(
    Audience,
    "Whom a message is for.",
    INTERNAL="Colleagues.",
    COMMUNITY="Everybody: the status page and the community's addresses.",
    ENTERPRISE="The contacts of enterprise customers.",
)
_describe(
    PublicStatus,
    "Where an incident stands in words for outsiders, as Statuspage has them.",
    INVESTIGATING="Something is wrong, and its cause is not known.",
    IDENTIFIED="The cause is known, and the repair is under way.",
    MONITORING="The repair is in place and is being watched.",
    RESOLVED="Over.",
)
_describe(
    ShiftSource,
    "By whose word somebody is on call.",
    ROTA="It is their turn by the rota.",
    COVER="They stand in for whoever has the turn.",
    PAGERDUTY="PagerDuty says so.",
)
_describe(
    Weekday,
    "A day of the week.",
    **{day.name: f"{day.value.capitalize()}." for day in Weekday},
)
