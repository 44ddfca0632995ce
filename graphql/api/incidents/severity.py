"""How bad an incident is: the decisions on it, and the trend lines that it is about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from api import plan, viewer
from api.plan import column
from api.plan.declare import hidden
from api.scalars import JSON
from api.words import Severity, TrendState
from app.incidents import models
from app.incidents.severity import PERSON
from app.incidents.trend import replaying

DECISION = models.SeverityDecision.__table__.c
STANDING = models.TrendStanding.__table__.c

sees = viewer.SEES_INCIDENTS


@plan.table_type(
    models.SeverityDecision.__table__, sees=sees, description="One decision on an incident's severity."
)
class SeverityDecision:
    """A decision with its reason."""

    from_: Severity | None = column(
        DECISION.from_severity, "The severity before; null for the first.", name="from"
    )
    to: Severity = column(DECISION.to_severity, "The severity decided on.")
    rule: str = column(DECISION.rule, "The rule that decided, or `person`.")
    reason: str = column(DECISION.reason, "Why, in a sentence.")
    trend: TrendState = column(DECISION.trend, "How the activity feed stood at that moment.")
    decided_by: str = column(DECISION.decided_by, "Who decided.")
    decided_at: datetime = column(DECISION.decided_at, "When.")
    evidence: JSON = column(DECISION.evidence, "What the decision was taken on.")

    @plan.computed(
        "What the rules of that time say to this evidence now; null for what a person decided.",
        needs=[DECISION.rule, DECISION.rule_version, DECISION.evidence],
    )
    @staticmethod
    def decided_again(parent: strawberry.Parent[Any]) -> Severity | None:
        """Run it again."""
        if parent[hidden("rule")] == PERSON:
            return None
        return replaying.decide(parent[hidden("rule_version")], parent[hidden("evidence")])


@plan.table_type(
    models.TrendStanding.__table__,
    sees=sees,
    description="How a stream of the activity feed stands that an incident is about.",
)
class TrendStanding:
    """A followed stream."""

    stream: str = column(STANDING.stream, "The stream's name.")
    minute: datetime = column(STANDING.minute, "The last minute that was judged.")
    state: TrendState = column(STANDING.state, "How it stood in it, as what it counts.")
    severity: Severity = column(STANDING.severity, "What that minute by itself comes to.")
    held: Severity = column(
        STANDING.held, "What the stream stands at: it gets better after ten minutes back inside."
    )
    inside_since: datetime | None = column(
        STANDING.inside_since, "Since when it has looked better than it stood; null while it does not."
    )
    finding: str = column(STANDING.evidence["finding"].astext, "All of this as a sentence.")
