"""How the company told its community of what was severe: soon, and then every quarter of an hour."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from random import Random

from app.demo.history import communication
from app.demo.history.ledger import Row
from app.demo.history.plots import Plot
from app.demo.history.record import Record
from app.demo.people import JONAS, Member
from app.demo.readers import READERS
from app.incidents.communication import rules
from app.incidents.communication.given import Given
from app.incidents.communication.notices import ENDS
from app.incidents.communication.words import Channel, NoticeState, Purpose
from app.templates import Audience, PublicStatus

FIRST_SECONDS = (50, 150)
APPROVED_SECONDS = (15, 70)
AGAIN_MINUTES = (13, 17)
ARRIVES_SECONDS = (0.2, 1.4)
DETAILS = {PublicStatus.IDENTIFIED: "What we change needs some time until it has reached everybody."}
NOTICED = {
    PublicStatus.MONITORING: "We see the usual numbers again.",
    PublicStatus.RESOLVED: "Everything has been at its usual level for a while.",
}


class Spokesman:
    """Tells the community of one incident, with chances of its own: the incident itself goes as it went."""

    def __init__(self, record: Record, plot: Plot, author: Member) -> None:
        self.record = record
        self.given = Given(affected=[part.strip() for part in plot.affected.split(",")], summary=plot.noticed)
        self.author = author
        self.rng = Random(record.number)  # noqa: S311 - guards nothing

    def begin(self) -> None:
        """Somebody has answered: from now on the community is told."""
        if rules.owes_first_update(self.record.severity):
            self._soon(FIRST_SECONDS, PublicStatus.INVESTIGATING)

    def _soon(self, seconds: tuple[float, float], status: PublicStatus) -> None:
        self.record.later(timedelta(seconds=self.rng.uniform(*seconds)), partial(self._tell, status))

    def _tell(self, status: PublicStatus) -> None:
        record = self.record
        if record.is_over:
            status = PublicStatus.RESOLVED
        elif record.row["mitigated_at"]:
            status = PublicStatus.MONITORING
        noticed = NOTICED.get(status, self.given.summary)
        given = Given(self.given.affected, noticed, DETAILS.get(status, ""))
        message = communication.write(record, self.author, status, given)
        if message["needs_approval"]:
            record.later(
                timedelta(seconds=self.rng.uniform(*APPROVED_SECONDS)), partial(self._approve, message)
            )
        else:
            self._deliver(message)
        if status is not PublicStatus.RESOLVED:
            minutes = self.rng.uniform(*AGAIN_MINUTES)
            record.later(timedelta(minutes=minutes), partial(self._tell, PublicStatus.IDENTIFIED))

    def _approve(self, message: Row) -> None:
        communication.approve(self.record, JONAS, message)
        self._deliver(message)

    def _deliver(self, message: Row) -> None:
        """Let every copy arrive."""
        ends = [
            (Channel.STATUSPAGE, None, ENDS[Channel.STATUSPAGE]),
            (Channel.SLACK, None, ENDS[Channel.SLACK]),
        ]
        letters = [(Channel.MAIL, one.id, one.email) for one in READERS if one.audience is Audience.COMMUNITY]
        for channel, reader, recipient in (*ends, *letters):
            self.record.ledger.add(
                "notice",
                incident_id=self.record.number,
                purpose=Purpose.UPDATE.value,
                status_update_id=message["id"],
                subscriber_id=reader,
                channel=channel.value,
                recipient=recipient,
                state=NoticeState.DELIVERED.value,
                queued_at=self.record.now,
                delivered_at=self.record.now + timedelta(seconds=self.rng.uniform(*ARRIVES_SECONDS)),
                attempts=1,
            )
