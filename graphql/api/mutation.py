"""What can be done."""

from __future__ import annotations

import strawberry

from api.commands.accounts import AccountCommands
from api.commands.activity import ActivityCommands
from api.commands.calendars import CalendarCommands
from api.commands.communication import CommunicationCommands
from api.commands.deliveries import DeliveryCommands
from api.commands.incidents import IncidentCommands
from api.commands.on_call import OnCallCommands
from api.commands.policies import PolicyCommands
from api.commands.review import ReviewCommands
from api.commands.senders import SenderCommands
from api.commands.silences import SilenceCommands


@strawberry.type(
    description="What can be done. A foreseen refusal is in `userErrors`, and then nothing was changed."
)
class Mutation(
    IncidentCommands,
    CommunicationCommands,
    ReviewCommands,
    SilenceCommands,
    AccountCommands,
    ActivityCommands,
    SenderCommands,
    DeliveryCommands,
    PolicyCommands,
    OnCallCommands,
    CalendarCommands,
):
    """The root of mutations."""
