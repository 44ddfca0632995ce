"""Replay what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from api import plan
from api.commands.inputs import INPUT, given
from api.commands.payloads import ERRORS, Info, UserError, carry_out, row_id
from api.mappings import MappedAlert, mapped
from app.incidents.intake import AlertSignal, replaying
from app.incidents.intake.replaying import Trial
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork

# What a delivery says is shown up to here; a batch holds up to 500 alerts.
MOST_SHOWN = 20


@strawberry.input(description="What to read once more.")
class ReplayDeliveriesInput:
    """What replayDeliveries takes."""

    ids: list[strawberry.ID] = given(
        f"Which, as in `delivery_3`: at most {replaying.MOST_AT_ONCE} of `failedDeliveries`."
    )
    dry_run: bool = given("Only say what they would make.", default=False)


@strawberry.type(description="What became of one delivery, or would.")
class DeliveryReplay:
    """One trial."""

    signals: strawberry.Private[Sequence[AlertSignal]]
    delivery_id: strawberry.ID = strawberry.field(description="Which.")
    source: str = strawberry.field(description="Who sent it.")
    was_replayed: bool = strawberry.field(description="It had been replayed before: nothing is done to it.")
    error: str | None = strawberry.field(description="Why it still cannot be read; null when it can.")
    alert_count: int = strawberry.field(description="How many alerts it holds.")

    @plan.computed(f"The first {MOST_SHOWN} of them.", size=5)
    def alerts(self) -> list[MappedAlert]:
        """Say what each would be."""
        return [mapped(signal) for signal in self.signals[:MOST_SHOWN]]


@strawberry.type(description="What became of deliveries.")
class ReplayPayload:
    """The answer of replayDeliveries."""

    found: strawberry.Private[Sequence[DeliveryReplay] | None]

    @plan.computed("One for each, the oldest first; null when it was refused.", size=10)
    def replays(self) -> list[DeliveryReplay] | None:
        """What was tried."""
        return None if self.found is None else list(self.found)

    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class DeliveryCommands:
    """The mutations of the page of tools."""

    @strawberry.mutation(
        description="Read deliveries as their sources are read now, and apply them as if they came now."
        " What still cannot be read stays. Needs the scope `admin`."
    )
    async def replay_deliveries(
        self, info: Info, asked: Annotated[ReplayDeliveriesInput, INPUT]
    ) -> ReplayPayload:
        """Replay."""
        replays: list[DeliveryReplay] = []

        async def command(work: UnitOfWork, actor: Actor) -> None:
            ids = [row_id(one, "delivery", "ids") for one in asked.ids]
            trials = await replaying.replay(work, actor, ids, dry_run=asked.dry_run)
            replays.extend(map(_told, trials))

        outcome = await carry_out(info, None, command)
        return ReplayPayload(found=None if outcome.errors else replays, user_errors=outcome.errors)


def _told(trial: Trial) -> DeliveryReplay:
    signals = trial.signals
    return DeliveryReplay(
        delivery_id=strawberry.ID(f"delivery_{trial.row.id}"),
        source=trial.source.name,
        was_replayed=trial.was_replayed,
        error=trial.error,
        alert_count=len(signals),
        signals=signals,
    )
