"""The general worker's round for readers: send the copies of messages that are due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from app.assembly import House
from app.incidents.communication import parcels, sending
from jobs.sending import Senders
from jobs.sweep import Round

# Relays refuse whoever opens many connections at once.
AT_ONCE = 20
NOTICES = "notices"


def rounds(house: House, senders: Senders) -> list[Round]:
    """What the general worker looks for."""
    return [Round(NOTICES, send_notices(house, senders))]


def send_notices(house: House, senders: Senders) -> Callable[[], Awaitable[int]]:
    """Send the copies that are due, each channel's in a lane of its own."""
    claim = partial(parcels.claim_due, house.database)
    send = partial(sending.send, house.database, house.channels)
    return partial(senders.start, NOTICES, claim, send, lane=parcels.lane, at_once=AT_ONCE)
