"""Write the whole history before a moment: from a fixed seed, so that the same moment gives the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from typing import Final

from app.demo.history import calendar, feed, founding, plots, streams
from app.demo.history.calendar import DAYS, Release
from app.demo.history.course import Course
from app.demo.history.ledger import Ledger, Policy, Row
from app.demo.history.plots import Plot
from app.demo.history.posts import Posts
from app.demo.history.record import Record
from app.incidents.words import Severity

SEED: Final = 2417
# The next incident is the one that the visitor watches.
LAST_NUMBER: Final = 2416
COUNTS: Final = {Severity.S0: 2, Severity.S1: 8, Severity.S2: 24, Severity.S3: 42}
# The first days tell how the company began; the last incident is young enough to be still open.
FIRST_AFTER: Final = timedelta(days=1)
LAST_BEFORE: Final = timedelta(hours=12)
OPEN_SINCE: Final = timedelta(hours=3)
SAME_PLOT_APART: Final = timedelta(days=1)
AFTER_RELEASE_SECONDS: Final = (150, 1500)
# Plots with a part of their own. The first incident of `RETURNS` fires again shortly after it was over.
RETURNS: Final = "Partner webhooks are delivered late"
STAYS_OPEN: Final = "Disk of the metrics store is 85 % full"
IS_AN_ATTACK: Final = "Sign-in failures from a single network"


@dataclass(frozen=True, slots=True)
class Event:
    """That a plot begins at a moment, perhaps because of a release."""

    at: datetime
    plot: Plot
    release: Release | None = None


def write(
    end: datetime,
    policy: Policy,
    source_keys: Mapping[str, str],
    *,
    now: datetime | None = None,
    seed: int = SEED,
) -> Mapping[str, list[Row]]:
    """Write 90 days that end at `end`, a moment in UTC: rows by table, ready to be loaded.

    What the company counts goes on until `now`: a trend line knows no pause.
    """
    rng, ledger, begin = Random(seed), Ledger(), end - timedelta(days=DAYS)  # noqa: S311 - guards nothing
    founding.found(ledger, begin, end, source_keys)
    founding.sign_in_daily(ledger, rng, begin, end)
    services = sorted({plot.service for several in plots.read().values() for plot in several})
    releases = calendar.releases(rng, begin, end, services)
    events = _events(rng, begin, end, releases)
    returning = next(number for number, one in enumerate(events) if one.plot.title == RETURNS)
    outages: list[feed.Window] = []
    troubles: list[streams.Trouble] = []
    for number, event in enumerate(events):
        record = Record(ledger, LAST_NUMBER - len(events) + 1 + number, policy, rng, event.at)
        is_last = event is events[-1]
        Course(record, Posts(event.plot, rng), stays_open=is_last, returns=number == returning).play(end)
        outages += _tell(ledger, rng, event, record)
        troubles += _troubles(event, record)
    feed.tell_releases(ledger, rng, releases)
    feed.tell_sign_ins(ledger, rng, begin, end, outages)
    streams.write(ledger, Random(seed), begin, now or end, troubles)  # noqa: S311
    return ledger.tables


def _tell(ledger: Ledger, rng: Random, event: Event, record: Record) -> list[feed.Window]:
    """Let other systems notice what happened; answers when the platform was away."""
    over = record.row["mitigated_at"] or record.row["resolved_at"]
    if event.release is not None and over is not None and record.severity is not Severity.S3:
        feed.tell_rollback(ledger, rng, event.release, over - timedelta(seconds=rng.uniform(20, 90)))
    if event.plot.title == IS_AN_ATTACK:
        feed.tell_attack(ledger, rng, (event.at - timedelta(minutes=8), over))
    return [(event.at, over)] if record.severity is Severity.S0 else []


def _troubles(event: Event, record: Record) -> list[streams.Trouble]:
    """What could be counted of it: platform-wide outages, and what stopped payments."""
    over = record.row["mitigated_at"] or record.row["resolved_at"]
    is_platform, stops_payments = (event.plot.scope == one for one in ("platform", "monetisation"))
    if over is None or not (is_platform or (stops_payments and record.severity is Severity.S1)):
        return []
    return [streams.Trouble(event.at - streams.MINUTE, over, is_platform)]


def _events(rng: Random, begin: datetime, end: datetime, releases: Sequence[Release]) -> list[Event]:
    """Choose what begins when; the last one is small and has just begun."""
    events: list[Event] = []
    for severity, known in plots.read().items():
        order = cycle(rng.sample(known, len(known)))
        for _ in range(COUNTS[severity] - (severity is Severity.S3)):
            events.append(
                _event(rng, next(order), events, (begin + FIRST_AFTER, end - LAST_BEFORE), releases)
            )
    events.sort(key=lambda event: event.at)
    quiet = next(plot for plot in plots.read()[Severity.S3] if plot.title == STAYS_OPEN)
    return [*events, Event(end - OPEN_SINCE * rng.uniform(0.9, 1.1), quiet)]


def _event(
    rng: Random, plot: Plot, others: Sequence[Event], span: feed.Window, releases: Sequence[Release]
) -> Event:
    """Draw a beginning that is not too near to another of the same plot."""
    causes = [one for one in releases if plot.by_deploy and one.service == plot.service]
    causes = [one for one in causes if span[0] < one.at < span[1]]
    taken = [one.at for one in others if one.plot is plot]
    while True:
        release = rng.choice(causes) if causes else None
        at = calendar.draw(rng, *span, calendar.trouble)
        if release is not None:
            at = release.at + release.took + timedelta(seconds=rng.uniform(*AFTER_RELEASE_SECONDS))
        if all(abs(at - one) > SAME_PLOT_APART for one in taken):
            return Event(at, plot, release)
