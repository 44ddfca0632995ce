"""How an incident went: who answered when and from where, what they found, when it was over."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from app.demo.history import calendar, commands, intake
from app.demo.history.posts import Posts
from app.demo.history.record import Record
from app.demo.history.spokesman import Spokesman
from app.demo.people import JONAS, PRIYA, Member
from app.incidents import rules
from app.incidents.intake.signals import AlertSignal
from app.incidents.words import IncidentRole, IncidentStatus, Severity

# Median seconds until somebody answers, and minutes until it hurts nobody any more.
ANSWER_SECONDS = {Severity.S0: 42, Severity.S1: 55, Severity.S2: 80, Severity.S3: 105}
REPAIR_MINUTES = {Severity.S0: 38, Severity.S1: 31, Severity.S2: 55, Severity.S3: 70}
MITIGATED_SHARE = {Severity.S0: 1.0, Severity.S1: 1.0, Severity.S2: 0.6, Severity.S3: 0.1}
PHONE_SHARE = 0.45
TOLD_SECONDS = (0.25, 1.1)  # from the button on the phone to our webhook
FASTEST_SECONDS = 9
JOINS_SECONDS = (20, 45)
UNHEARD_SHARE = 0.07
ALSO_SHARE = 0.06
LOWERED_SHARE = 0.06
NIGHT_FACTOR = 1.4
LONGEST_REPAIR = timedelta(hours=3)
REVIEW_SECONDS = (2 * 3600, 30 * 3600)
REPEAT_EVERY = timedelta(minutes=5)

AGAIN = "The same again: what was done lasted only until the next full hour."
FOR_GOOD = "Found what starts it each hour and took it out. It stays quiet past the hour."


class Course:
    """Plays one incident through. `stays_open`: nobody has ended it yet; `returns`: it fires once again."""

    def __init__(
        self, record: Record, posts: Posts, *, stays_open: bool = False, returns: bool = False
    ) -> None:
        self.record = record
        self.posts = posts
        self.rng = record.rng
        self.stays_open = stays_open
        self.returns = returns
        self.on_call, self.colleague = calendar.on_call(record.now)
        self.spokesman = Spokesman(record, posts.plot, self.on_call)
        self._worked: set[int] = set()
        self._today = record.now

    def play(self, end: datetime) -> None:
        """Let it happen, and count how often its alerts were repeated until `end`."""
        self._today = end
        self._open()
        self.record.play()
        for alert in self.record.alerts:
            lasted = (alert["resolved_at"] or end) - alert["first_occurred_at"]
            alert["count"] += lasted // REPEAT_EVERY
            alert["last_occurred_at"] += (alert["count"] - 1) * REPEAT_EVERY

    @property
    def lead(self) -> Member:
        """Who works on it: the commander when there is one."""
        return JONAS if self.record.row["commander_id"] else self.on_call

    def _open(self) -> None:
        first, *more = self.posts.bodies(self.record.now)
        if self.posts.is_declared:
            severity = Severity.S2
            reason = f"{severity} because {self.colleague.name} says so"
            actor = commands.person(self.colleague)
            commands.declare(self.record, actor, self.posts.title, severity, reason)
        else:
            self._await_policy_owner(partial(intake.fire, self.record, self.posts.actor, first))()
        for signals in more:
            joins = partial(intake.fire_again, self.record, self.posts.actor, signals)
            self._later(self.rng.uniform(*JOINS_SECONDS), self._await_policy_owner(joins))
        self._await_answer()

    def _await_answer(self) -> None:
        """Somebody answers in time, or the commander is paged and does."""
        limit = rules.ACKNOWLEDGE_WITHIN.total_seconds()
        median = ANSWER_SECONDS[self.record.severity]
        seconds = self._spread(median * (NIGHT_FACTOR if calendar.is_night(self.record.now) else 1))
        unheard = self.rng.random() < UNHEARD_SHARE
        if unheard or seconds > limit:
            self._later(limit + max(self._spread(75), FASTEST_SECONDS), partial(self._answer, JONAS))
        else:
            fastest = JOINS_SECONDS[1] + 1 if self.posts.gets_worse else FASTEST_SECONDS
            self._later(max(seconds, fastest), partial(self._answer, self.on_call))

    def _answer(self, member: Member) -> None:
        record = self.record
        role = IncidentRole.INCIDENT_COMMANDER if member is JONAS else IncidentRole.OPERATOR
        if self.rng.random() < PHONE_SHARE:
            self._later(self.rng.uniform(*TOLD_SECONDS), partial(self._hear, member, role, record.now))
        else:
            commands.acknowledge(record, member)
            self._work()

    def _hear(self, member: Member, role: IncidentRole, pressed_at: datetime) -> None:
        commands.answer_call(self.record, member, role, pressed_at)
        self._work()

    def _await_policy_owner(self, act: Callable[[], None]) -> Callable[[], None]:
        """Let the policy owner answer some time after `act`, if that looped them in."""

        def acts() -> None:
            before = self.record.owed
            act()
            if self.record.owed is not before:
                self._later(self._spread(85), self._loop_in)

        return acts

    def _loop_in(self) -> None:
        told = partial(commands.answer_call, self.record, PRIYA, IncidentRole.POLICY_OWNER, self.record.now)
        self._later(self.rng.uniform(*TOLD_SECONDS), told)

    def _work(self) -> None:
        """Plan what follows an acknowledgement, once for each time that the incident is open."""
        record, rng = self.record, self.rng
        if record.row["generation"] in self._worked:
            return
        self._worked.add(record.row["generation"])
        self.spokesman.begin()
        if rng.random() < ALSO_SHARE:
            self._later(rng.uniform(2, 20), partial(commands.acknowledge, record, self.colleague))
        if rules.needs_commander(record.severity) and record.row["commander_id"] is None:
            self._later(rng.uniform(50, 200), self._put_in_command)
        repaired = min(60 * self._spread(REPAIR_MINUTES[record.severity]), LONGEST_REPAIR.total_seconds())
        repaired = max(repaired, 400)
        found = self.posts.found if record.row["generation"] == 1 else AGAIN
        self._later(repaired * rng.uniform(0.3, 0.6), partial(self._note, found))
        if not self.stays_open:
            self._end(repaired)

    def _note(self, text: str) -> None:
        commands.note(self.record, self.lead, text)

    def _put_in_command(self) -> None:
        if self.record.row["commander_id"] is None:
            commands.assign_commander(self.record, self.on_call, JONAS)

    def _end(self, repaired: float) -> None:
        record, rng = self.record, self.rng
        if record.severity is Severity.S1 and rng.random() < LOWERED_SHARE:
            self._later(repaired * 0.7, self._lower)
        if rng.random() < MITIGATED_SHARE[record.severity]:
            self._later(repaired, self._mitigate)
        fixed = self.posts.fixed if record.row["generation"] == 1 else FOR_GOOD
        self._later(repaired + rng.uniform(60, 110), partial(self._note, fixed))
        quiet = repaired + rng.uniform(130, 600)
        self._later(quiet, partial(intake.quieten, record))
        self._later(quiet + rng.uniform(400, 1500), self._resolve)

    def _lower(self) -> None:
        if self.record.status is IncidentStatus.ACKNOWLEDGED:
            reason = "Only one payment method is affected, and most customers take another"
            commands.change_severity(self.record, self.lead, Severity.S2, reason)

    def _mitigate(self) -> None:
        if self.record.status is IncidentStatus.ACKNOWLEDGED:
            commands.mitigate(self.record, self.lead)

    def _resolve(self) -> None:
        if not self.record.is_over:
            commands.resolve(self.record, self.lead)
        elif self.returns:
            self.returns = False
            self._return(self.posts.bodies(self.record.now)[0])
        if self.record.is_over:
            self._soon(self.rng.uniform(*REVIEW_SECONDS), self._review)

    def _review(self) -> None:
        """The day after, somebody reads the timeline; of an S3 nothing else is owed."""
        if self.record.status is IncidentStatus.RESOLVED:
            commands.review(self.record, self.lead)
            if self.record.severity is Severity.S3:
                self._soon(self.rng.uniform(60, 900), partial(commands.close, self.record, JONAS))

    def _soon(self, seconds: float, act: Callable[[], None]) -> None:
        """Plan what happens only if that moment has come by now."""
        if self.record.now + timedelta(seconds=seconds) < self._today:
            self._later(seconds, act)

    def _return(self, signals: Sequence[AlertSignal]) -> None:
        intake.fire_again(self.record, self.posts.actor, signals)
        self._await_answer()

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        self.record.later(timedelta(seconds=seconds), act)

    def _spread(self, median: float) -> float:
        """Most are near the median, some take far longer."""
        return median * math.exp(self.rng.gauss(0, 0.6))
