"""What can be asked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api import mappings, plan
from api.activity import ACTIVITY, ARGUMENTS, COUNTS, STREAMS, ActivityCount, ActivityEvent, narrowed
from api.audit import AUDIT, AuditEvent, of_action
from api.calls import Call
from api.commands.inputs import INPUT
from api.commands.status_updates import StatusUpdateInput
from api.connections import Connection
from api.deliveries import FAILED, UNREAD, FailedDelivery
from api.incidents.checklist import IncidentReport, report_of
from api.incidents.communication import (
    REACH,
    SUBSCRIBER,
    AudienceReach,
    StatusUpdateDraft,
    StatusUpdatePreview,
    Subscriber,
    draft_of,
    preview_of,
)
from api.incidents.filters import IncidentFilter, matching, numbered
from api.incidents.parts import IN_TROUBLE, PAGE, Page
from api.incidents.silences import SILENCE, Silence, SilencePreview
from api.incidents.silences import preview_of as silenced
from api.incidents.types import INCIDENT, Incident
from api.incidents.windows import AFTER, BEFORE, EVERY, SEVERITY, ZONE, MetricsWindow, read_metrics
from api.incidents.windows import SOURCE as METRICS_SOURCE
from api.node import Node
from api.on_call import (
    AHEAD,
    CALENDAR,
    COVER,
    CURRENT,
    NOW,
    ROTA,
    SHIFT,
    SHIFTS,
    OnCallCalendar,
    OnCallCover,
    OnCallShift,
    Rota,
    ahead,
)
from api.on_call import LIVE as LIVE_CALENDARS
from api.people import PERSON, SESSION, TOKEN, ApiToken, Person, Session, Viewer
from api.plan.declare import Argument
from api.policies import POLICY, EscalationPolicy
from api.rate_limit import RateLimit, left
from api.scalars import JSON
from api.sources import READINESS, SOURCE, AlertSource, ReadinessCheck
from api.trends import ActivityStream, TrendLine, named, read_trends
from api.words import Audience, MetricsPeriod, PublicStatus, Severity
from app import clock
from app.activity.trends import LONGEST
from app.security import rules

_FILTER = Argument("filter", IncidentFilter | None, "Which incidents; all if absent.", None)
_NUMBER = Argument("number", int, "The incident's number.")
_NAME = Argument("name", str, "What the stream is called.")
_ACTION = Argument("action", str | None, "One action alone, such as `incident.acknowledge`.", None)


LIVE = (
    SESSION.revoked_at.is_(None)
    & (SESSION.expires_at > clock.now())
    & (SESSION.last_seen_at > clock.after(-rules.SESSION_IDLE))
)


@plan.table_type(
    description="What can be asked. What you may not see is not there: null, or missing from a list."
)
class Query:
    """The root of queries."""

    node: Node | None = plan.node("Any object by its id; null when there is none, or none for you.")
    now: datetime = plan.column(clock.now(), "The time by the database's clock, which alone decides.")
    me: Viewer = plan.part("Who asks.")
    incidents: Connection[Incident] = plan.connection(
        None,
        "Incidents, newest first.",
        keys=[INCIDENT.triggered_at, INCIDENT.id],
        descending=True,
        filter=matching,
        arguments=[_FILTER],
    )
    incident: Incident | None = plan.one(
        None, "One incident by its number.", filter=numbered, arguments=[_NUMBER]
    )
    activity_streams: list[str] = plan.column(STREAMS, "The streams that the activity feed has entries of.")
    activity: Connection[ActivityEvent] = plan.connection(
        None,
        "The activity feed, newest first.",
        keys=[ACTIVITY.occurred_at, ACTIVITY.id],
        descending=True,
        filter=narrowed,
        arguments=ARGUMENTS,
        backward=False,
    )
    activity_counts: list[ActivityCount] = plan.many(
        None,
        "How often each kind of event came in the last 24 hours.",
        order=[COUNTS.c.stream, COUNTS.c.events.desc(), COUNTS.c.kind],
        size=50,
    )
    activity_stream: ActivityStream | None = plan.one(
        None, "A stream of the activity feed by its name.", filter=named, arguments=[_NAME]
    )
    audit_events: Connection[AuditEvent] = plan.connection(
        None,
        "The audit trail, newest first. Empty without the scope `audit:read`.",
        keys=[AUDIT.id],
        descending=True,
        filter=of_action,
        arguments=[_ACTION],
        page_size=100,
        backward=False,
    )
    people: list[Person] = plan.many(None, "Everybody, by name.", order=[PERSON.name, PERSON.id], size=100)
    sources: list[AlertSource] = plan.many(None, "Who sends alerts.", order=[SOURCE.name], size=50)
    escalation_policies: list[EscalationPolicy] = plan.many(
        None,
        "Escalation policies, the usual one first, also those that were retired.",
        order=[POLICY.is_default.desc(), POLICY.name],
        size=5,
    )
    api_tokens: list[ApiToken] = plan.many(
        None,
        "API tokens, newest first: your own, or all with the scope `admin`.",
        order=[TOKEN.id.desc()],
        size=100,
    )
    sessions: list[Session] = plan.many(
        LIVE, "Your signed-in browsers, the last used first.", order=[SESSION.last_seen_at.desc()], size=10
    )
    pagerduty_readiness: list[ReadinessCheck] = plan.many(
        None, "Would a page reach somebody now? The last answers.", order=[READINESS.name], size=10
    )

    pages_in_trouble: list[Page] = plan.many(
        IN_TROUBLE,
        "Pages that may have reached nobody and wait for an answer, the worst first.",
        order=[PAGE.urgency, PAGE.id],
        size=10,
    )

    @plan.computed("Everything about one incident, to keep or to hand on; null when there is none for you.")
    @staticmethod
    async def incident_report(
        info: strawberry.Info[Call],
        number: Annotated[int, strawberry.argument(description="The incident's number.")],
    ) -> IncidentReport | None:
        """Source: handbook, "Post-incident checklist"."""
        return await report_of(info, number)

    @plan.computed(
        "How quickly incidents were answered in a window, beside the one before; null when you see none.",
        size=20,
    )
    @staticmethod
    async def incident_metrics(
        info: strawberry.Info[Call],
        triggered_after: Annotated[datetime | None, AFTER] = None,
        triggered_before: Annotated[datetime | None, BEFORE] = None,
        every: Annotated[MetricsPeriod | None, EVERY] = None,
        severity: Annotated[list[Severity] | None, SEVERITY] = None,
        source: Annotated[str | None, METRICS_SOURCE] = None,
        time_zone: Annotated[str, ZONE] = "UTC",
    ) -> MetricsWindow | None:
        """Source: PagerDuty, "Analytics"."""
        return await read_metrics(
            info,
            begins=triggered_after,
            ends=triggered_before,
            every=every,
            severity=severity,
            source=source,
            zone=time_zone,
        )

    @plan.computed(
        "The trend line of each stream, or of one: its last minutes against what is usual, the worst first.",
        size=20,
    )
    @staticmethod
    async def trends(
        info: strawberry.Info[Call],
        stream: Annotated[str | None, strawberry.argument(description="One stream alone.")] = None,
        minutes: Annotated[int, strawberry.argument(description=f"How many points, at most {LONGEST}.")] = 60,
    ) -> list[TrendLine]:
        """Read and judge."""
        return await read_trends(info, stream, minutes)

    audiences: list[AudienceReach] = plan.many(
        None, "How many readers each audience has.", order=[REACH.c.audience], size=3
    )
    subscribers: Connection[Subscriber] = plan.connection(
        None,
        "The register of readers, newest first. Empty without the scope `admin`.",
        keys=[SUBSCRIBER.id],
        descending=True,
        backward=False,
    )

    @plan.computed(
        "What the next message begins from; null when there is no such incident for you to write of."
    )
    @staticmethod
    async def status_update_draft(
        info: strawberry.Info[Call],
        number: Annotated[int, strawberry.argument(description="The incident's number.")],
        audience: Annotated[Audience, strawberry.argument(description="Whom it is for.")],
        public_status: Annotated[
            PublicStatus | None,
            strawberry.argument(description="What it says; what fits the incident if absent."),
        ] = None,
    ) -> StatusUpdateDraft | None:
        """Source: handbook, "Communication templates"."""
        return await draft_of(info, number, audience, public_status)

    @plan.computed("A message as it would leave now; null when you may not write it. Nothing is kept.")
    @staticmethod
    async def status_update_preview(
        info: strawberry.Info[Call], asked: Annotated[StatusUpdateInput, INPUT]
    ) -> StatusUpdatePreview | None:
        """Source: handbook, "Communication templates"."""
        return await preview_of(info, asked)

    silences: Connection[Silence] = plan.connection(
        None, "Silences, newest first.", keys=[SILENCE.id], descending=True, backward=False
    )

    @plan.computed("What a silence would have held back; null when you see no incidents.", size=50)
    @staticmethod
    async def silence_preview(
        info: strawberry.Info[Call],
        matchers: Annotated[list[str], strawberry.argument(description="As `createSilence` takes them.")],
    ) -> SilencePreview | None:
        """Look back."""
        return await silenced(info, matchers)

    @plan.computed(
        "What a mapping makes of a body; null without the scope `admin`. Nothing is kept.", size=20
    )
    @staticmethod
    def mapping_preview(
        info: strawberry.Info[Call],
        mapping: Annotated[JSON, mappings.MAPPING],
        example: Annotated[str, mappings.EXAMPLE],
    ) -> list[mappings.MappedAlert] | None:
        """Try it."""
        return mappings.preview(info, mapping, example)

    failed_deliveries: Connection[FailedDelivery] = plan.connection(
        UNREAD,
        "What could not be read and waits to be replayed, newest first. Empty without the scope `admin`.",
        keys=[FAILED.received_at, FAILED.id],
        descending=True,
        backward=False,
    )
    on_call: list[OnCallShift] = plan.many(
        NOW,
        "Who is on call now: one for each role; a role that is missing has nobody.",
        order=[SHIFT.role],
        size=3,
    )
    on_call_shifts: Connection[OnCallShift] = plan.connection(
        None,
        "Who is on call from now on, as far as it is planned.",
        keys=[SHIFT.begins_at, SHIFT.id],
        filter=ahead,
        arguments=SHIFTS,
        backward=False,
    )
    rotas: list[Rota] = plan.many(CURRENT, "Who takes turns in each role now.", order=[ROTA.role], size=3)
    on_call_covers: list[OnCallCover] = plan.many(
        AHEAD, "Who stands in, now and later.", order=[COVER.begins_at, COVER.id], size=10
    )
    on_call_calendars: list[OnCallCalendar] = plan.many(
        LIVE_CALENDARS, "Your calendars' addresses, which only you know.", order=[CALENDAR.everybody], size=2
    )

    @plan.computed("What this request may still cost.")
    @staticmethod
    def rate_limit(info: strawberry.Info[Call]) -> RateLimit:
        """What admission found."""
        return left(info.context.balance)
