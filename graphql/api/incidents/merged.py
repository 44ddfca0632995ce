"""The other incidents that an incident names: the one that it goes on in, and those that go on in it."""

from __future__ import annotations

from api import plan, viewer
from api.plan import column
from api.words import IncidentStatus, Severity
from app.incidents.models import Incident

_other = Incident.__table__.alias("other")
OTHER = _other.c


@plan.table_type(
    _other, sees=viewer.SEES_INCIDENTS, description="Another incident, as far as this one names it."
)
class RelatedIncident:
    """Just enough to say which; ask for it by its number."""

    number: int = column(OTHER.id, "The number that people say.")
    title: str = column(OTHER.title, "What is wrong, in a line.")
    status: IncidentStatus = column(OTHER.status, "Where it stands.")
    severity: Severity = column(OTHER.severity, "How bad it is.")
