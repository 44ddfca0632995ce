"""What can be watched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api import plan
from api.incidents.filters import numbered
from api.incidents.types import Incident
from api.plan.declare import Argument

# What is announced when a field's object changed, from the field's arguments.
TOPICS: dict[str, Callable[[dict[str, Any]], str]] = {
    "incidentChanged": lambda arguments: f"incident:{arguments['number']}",
}


@plan.table_type(description="What can be watched, over Server-Sent Events.")
class Subscription:
    """The root of subscriptions."""

    incident_changed: Incident = plan.one(
        None,
        "Fires after every committed change of the incident; carries the new state.",
        filter=numbered,
        arguments=[Argument("number", int, "The incident's number.")],
    )
