"""The general worker: everything that is due and wakes nobody at night."""

from __future__ import annotations

from collections.abc import Mapping

from app.assembly import House
from app.incidents.models import Followup
from app.security.models import SignInRequest
from app.storage import outbox
from app.storage.outbox import Outgoing
from jobs import people, review
from jobs.sweep import Round, Waits

KINDS: Mapping[str, type[Outgoing]] = {people.LINKS: SignInRequest, review.RETROSPECTIVES: Followup}


def rounds(house: House) -> list[Round]:
    """What it looks for."""
    return [*people.rounds(house), *review.rounds(house)]


async def seconds_until_due(house: House) -> Waits:
    """How long its rounds may wait, as far as rows tell."""
    async with house.database.unit_of_work() as work:
        return {name: await outbox.seconds_until_due(work.session, kind) for name, kind in KINDS.items()}
