"""What an escalation policy may say, pure. The handbook's rule is the floor: a policy may be stricter.

Source: handbook, "Paging sequence".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.errors import InvalidInput
from app.incidents import rules
from app.incidents.words import IncidentRole

PAGING_SEQUENCE = (
    "Page the on-call operator in PagerDuty,"
    " then escalate to the incident commander if no acknowledgement within 5 minutes"
)
MOST_STEPS = 10
LONGEST_WAIT = timedelta(hours=1)
MOST_REPEATS = 10
SOONEST_LAPSE, LATEST_LAPSE = timedelta(minutes=5), timedelta(hours=4)
# Whom a service of PagerDuty stands for and who answers an incident; everybody else is paged by name.
ROLES = (IncidentRole.OPERATOR, IncidentRole.INCIDENT_COMMANDER)


@dataclass(frozen=True, slots=True)
class Planned:
    """One step: whom to page, and how long after the step before. A person is paged as an operator is."""

    wait: timedelta
    role: IncidentRole = IncidentRole.OPERATOR
    person_id: int | None = None

    def pages(self, role: IncidentRole) -> bool:
        """Whether it pages a role, and not somebody by name."""
        return self.role is role and self.person_id is None


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants a policy to say."""

    steps: tuple[Planned, ...]
    repeats: int = rules.REPEATS
    lapses_after: timedelta = timedelta(minutes=30)

    def timed(self) -> Iterator[tuple[timedelta, Planned]]:
        """Each step with the time since paging began."""
        after = timedelta()
        for step in self.steps:
            after += step.wait
            yield after, step

    def stored(self) -> list[Mapping[str, Any]]:
        """The steps as a version keeps them."""
        return [_stored(after, step) for after, step in self.timed()]


def check(draft: Draft) -> None:
    """Refuse what is no policy, and what would page later than the handbook allows.

    Raises: InvalidInput.
    """
    if not 1 <= len(draft.steps) <= MOST_STEPS:
        raise InvalidInput(f"A policy has 1 to {MOST_STEPS} steps.", path=("steps",))
    if any(not timedelta() <= step.wait <= LONGEST_WAIT for step in draft.steps):
        raise InvalidInput(
            "A step waits at most an hour, and no step waits less than no time.", path=("steps",)
        )
    if any(step.role not in ROLES for step in draft.steps):
        raise InvalidInput("A step pages the operator, the commander or a person.", path=("steps",))
    _check_sequence(draft)
    if not 0 <= draft.repeats <= MOST_REPEATS:
        raise InvalidInput(f"The commander is paged 0 to {MOST_REPEATS} more times.", path=("repeats",))
    if not SOONEST_LAPSE <= draft.lapses_after <= LATEST_LAPSE:
        raise InvalidInput(
            "An acknowledgement lapses after 5 minutes at the soonest and 4 hours at the latest.",
            path=("lapsesAfterMinutes",),
        )


def _check_sequence(draft: Draft) -> None:
    if draft.steps[0] != Planned(timedelta()):
        raise InvalidInput(f"The first step pages the operator at once. {_sentence()}", path=("steps",))
    commander = [after for after, step in draft.timed() if step.pages(IncidentRole.INCIDENT_COMMANDER)]
    if not commander or commander[0] > rules.ACKNOWLEDGE_WITHIN:
        raise InvalidInput(f"This pages the commander too late. {_sentence()}", path=("steps",))


def _sentence() -> str:
    return f"The handbook demands: “{PAGING_SEQUENCE}.”"


def _stored(after: timedelta, step: Planned) -> Mapping[str, Any]:
    kept: dict[str, Any] = {"role": step.role.value, "after_seconds": int(after.total_seconds())}
    return kept | ({"person_id": step.person_id} if step.person_id is not None else {})
