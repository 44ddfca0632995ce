"""The outage that the visitor watches and what to do about it next; pure, so that tests can try all cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from app.demo.notification import Fault, Group

# Somebody has signed in and has had time to look around.
WATCHED_FOR: Final = timedelta(seconds=20)
REPEAT_EVERY: Final = timedelta(seconds=60)
RETRY_EVERY: Final = timedelta(seconds=5)
# The cause is found a while after somebody took it on.
REPAIRED_AFTER: Final = timedelta(minutes=4)
ALERTNAME: Final = "CardPaymentsFailing"
SCHEMES: Final = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express"}
FAILED_A_MINUTE: Final = {"visa": 41, "mastercard": 29, "amex": 7}


class Step(StrEnum):
    """What to tell Opsbook now."""

    WAIT = "wait"
    FIRE = "fire"
    RESOLVE = "resolve"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Outage:
    """How the incident of this outage stands."""

    is_open: bool
    is_firing: bool
    answered_for: timedelta | None


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen: how long somebody has been looking, the outage, and how long ago it was last told."""

    watched_for: timedelta | None = None
    outage: Outage | None = None
    told: timedelta | None = None


def next_step(sight: Sight) -> Step:
    """Begin when somebody looks, repeat as Alertmanager does, and end a while after the answer."""
    outage = sight.outage
    if outage is None:
        is_watched = sight.watched_for is not None and sight.watched_for >= WATCHED_FOR
        return _unless_just_told(sight, Step.FIRE if is_watched else Step.WAIT, RETRY_EVERY)
    if not outage.is_firing:
        return Step.REST
    is_repaired = outage.answered_for is not None and outage.answered_for >= REPAIRED_AFTER
    if is_repaired or not outage.is_open:
        return _unless_just_told(sight, Step.RESOLVE, RETRY_EVERY)
    return _unless_just_told(sight, Step.FIRE, REPEAT_EVERY)


def _unless_just_told(sight: Sight, step: Step, pause: timedelta) -> Step:
    return step if sight.told is None or sight.told >= pause else Step.WAIT


def group(run: str) -> Group:
    """The alerts of one run. Each run is a group of its own, or it would take up the incident before it."""
    labels = {
        "alertname": ALERTNAME,
        "service": "checkout",
        "region": "eu",
        "release": run,
        "scope": "monetisation",
        "severity": "critical",
    }
    faults = [
        Fault(
            f"{name} payments failing at EU checkout",
            {"scheme": scheme, "instance": f"checkout-eu-{number}:9090"},
            f"{FAILED_A_MINUTE[scheme]} failed payment intents a minute, ten times the usual for this hour.",
        )
        for number, (scheme, name) in enumerate(SCHEMES.items(), start=1)
    ]
    return Group("Card payments failing at EU checkout", labels, ("alertname", "region", "release"), faults)


def run_of(group_key: str) -> str:
    """Read the run from the key of its group."""
    return group_key.rpartition('release="')[2].partition('"')[0]
