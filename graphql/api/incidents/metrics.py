"""How quickly incidents were answered."""

from __future__ import annotations

from typing import Any

from api import plan, viewer
from api.plan import column
from app.incidents import metrics, models

_FIGURES = metrics.figures_of_one()


def _figure(name: str) -> Any:
    return column(_FIGURES[name], metrics.NAMES[name])


@plan.table_type(
    models.Incident.__table__,
    sees=viewer.SEES_INCIDENTS,
    description="How quickly an incident was answered, named and defined as PagerDuty does. In seconds,"
    " counted from when it began; null is not yet, or never.",
)
class IncidentMetrics:
    """Figures of one incident."""

    seconds_to_page_accepted: float | None = _figure("seconds_to_page_accepted")
    seconds_to_first_ack: float | None = _figure("seconds_to_first_ack")
    seconds_to_engage: float | None = _figure("seconds_to_engage")
    seconds_to_mobilize: float | None = _figure("seconds_to_mobilize")
    seconds_to_policy_owner: float | None = _figure("seconds_to_policy_owner")
    seconds_to_first_public_update: float | None = _figure("seconds_to_first_public_update")
    seconds_to_resolve: float | None = _figure("seconds_to_resolve")
    seconds_to_revenue_proof: float | None = _figure("seconds_to_revenue_proof")
    escalation_lateness_seconds: float | None = _figure("escalation_lateness_seconds")
    timeout_escalation_count: int = _figure("timeout_escalation_count")
    manual_escalation_count: int = _figure("manual_escalation_count")
    total_interruptions: int = _figure("total_interruptions")
    sleep_hour_interruptions: int = _figure("sleep_hour_interruptions")
