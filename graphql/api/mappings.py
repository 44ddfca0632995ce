"""What a mapping makes of a body, before it is kept."""

from __future__ import annotations

import strawberry

from api.calls import Call
from api.scalars import JSON
from api.words import Severity
from app.incidents import mappings
from app.incidents.intake import AlertSignal, news
from app.security.permissions import Scope

MAPPING = strawberry.argument(description="As `declareMapping` takes it.")
EXAMPLE = strawberry.argument(description="The body.")


@strawberry.type(description="An alert that a body would make.")
class MappedAlert:
    """One signal."""

    action: str = strawberry.field(description="What it does: trigger, acknowledge or resolve.")
    dedup_key: str = strawberry.field(description="What names it: the same key again only counts.")
    group_key: str = strawberry.field(description="What names its incident.")
    summary: str = strawberry.field(description="What is wrong; empty of what is over.")
    origin: str = strawberry.field(description="What it is about.")
    severity: str = strawberry.field(description="The sender's word: critical, error, warning or info.")
    component: str | None = strawberry.field(description="The part that is affected.")
    verdict: Severity | None = strawberry.field(
        description="How bad an incident it would open, as far as the alert tells; null of what is over."
    )
    reason: str | None = strawberry.field(description="Why so bad.")


def preview(info: strawberry.Info[Call], mapping: JSON, example: str) -> list[MappedAlert] | None:
    """Try a mapping on a body; None for who may not declare one. Raises: InvalidInput at the field."""
    actor = info.context.context.actor
    if not actor.can(Scope.ADMIN):
        return None
    _, found = mappings.preview(actor, told=mapping, example=example)
    return [mapped(signal) for signal in found]


def mapped(signal: AlertSignal) -> MappedAlert:
    """Say what an alert would be."""
    judged = news.verdict(signal) if signal.action == "trigger" else None
    return MappedAlert(
        action=signal.action,
        dedup_key=signal.dedup_key,
        group_key=signal.group_key,
        summary=signal.summary,
        origin=signal.origin,
        severity=signal.severity.value,
        component=signal.component,
        verdict=judged.severity if judged else None,
        reason=judged.reason if judged else None,
    )
