"""The general worker: everything that is due and wakes nobody at night."""

from __future__ import annotations

from collections.abc import Mapping

from app.assembly import House
from app.incidents.models import Followup, Notice, OnCallCover
from app.security.models import SignInRequest
from app.storage import outbox
from app.storage.outbox import Outgoing
from jobs import communication, on_call, people, review
from jobs.sending import Senders
from jobs.sweep import Round, Waits

KINDS: Mapping[str, type[Outgoing]] = {
    people.LINKS: SignInRequest,
    review.RETROSPECTIVES: Followup,
    communication.NOTICES: Notice,
    on_call.COVERS: OnCallCover,
}


def rounds(house: House, senders: Senders) -> list[Round]:
    """What it looks for."""
    return [
        *people.rounds(house),
        *communication.rounds(house, senders),
        *review.rounds(house),
        *on_call.rounds(house, senders),
    ]


async def seconds_until_due(house: House) -> Waits:
    """How long its rounds may wait, as far as rows tell."""
    async with house.database.unit_of_work() as work:
        return {name: await outbox.seconds_until_due(work.session, kind) for name, kind in KINDS.items()}
