"""What other systems told the activity feed: releases, and sign-ins of partners."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import sqrt
from random import Random
from typing import Final

from app.demo.history import calendar
from app.demo.history.calendar import Release
from app.demo.history.ledger import Ledger

SIGN_INS_IN_A_BUSY_HOUR: Final = 16.5
FAILED_SHARE: Final = 0.03
LEFT_IN_AN_OUTAGE: Final = 0.05
ATTACK_EVERY: Final = timedelta(seconds=6)
LONGEST_ATTACK: Final = timedelta(minutes=20)
HEARD_AFTER_SECONDS: Final = (0.2, 2.4)
PARTNERS: Final = (
    "Brightline",
    "Fjordkraft",
    "Meridian",
    "Northgate",
    "Palmetto",
    "Quillon",
    "Sable & Finch",
)
METHODS: Final = ("a passkey", "a passkey", "a password", "single sign-on", "single sign-on")
COUNTRIES: Final = ("Germany", "Norway", "France", "Ireland", "the Netherlands", "Spain", "Canada", "Japan")

Window = tuple[datetime, datetime]


def tell_releases(ledger: Ledger, rng: Random, releases: Sequence[Release]) -> None:
    """Say when each release began and was through."""
    for one in releases:
        what = f"{one.service} {one.version}"
        payload = {"service": one.service, "version": one.version}
        _add(ledger, rng, "deploys", "deploy.started", f"{what} is going live", one.at, payload)
        _add(ledger, rng, "deploys", "deploy.finished", f"{what} is live", one.at + one.took, payload)


def tell_rollback(ledger: Ledger, rng: Random, release: Release, at: datetime) -> None:
    """Say that a release was taken back."""
    text = f"{release.service} {release.version} was rolled back"
    payload = {"service": release.service, "version": release.version}
    _add(ledger, rng, "deploys", "deploy.rolled_back", text, at, payload)


def tell_sign_ins(
    ledger: Ledger, rng: Random, begin: datetime, end: datetime, outages: Sequence[Window]
) -> None:
    """Let partners sign in by the hour, and hardly anybody while the platform is away."""
    hour = begin
    while hour < end:
        expected = SIGN_INS_IN_A_BUSY_HOUR * calendar.traffic(hour)
        for _ in range(max(0, round(rng.gauss(expected, sqrt(expected))))):
            at = hour + timedelta(seconds=rng.uniform(0, 3600))
            away = any(since <= at < until for since, until in outages)
            if at < end and (not away or rng.random() < LEFT_IN_AN_OUTAGE):
                _sign_in(ledger, rng, at)
        hour += timedelta(hours=1)


def tell_attack(ledger: Ledger, rng: Random, window: Window) -> None:
    """Let somebody try leaked passwords from one network."""
    at, until = window[0], min(window[1], window[0] + LONGEST_ATTACK)
    while at < until:
        partner = rng.choice(PARTNERS)
        text = f"{partner} failed to sign in with a password from a hosting provider's network"
        _add(ledger, rng, "sign-ins", "sign_in.failed", text, at, {"partner": partner, "method": "password"})
        at += ATTACK_EVERY * rng.uniform(0.3, 1.9)


def _sign_in(ledger: Ledger, rng: Random, at: datetime) -> None:
    partner, method, country = rng.choice(PARTNERS), rng.choice(METHODS), rng.choice(COUNTRIES)
    failed = method == "a password" and rng.random() < FAILED_SHARE * len(METHODS)
    kind = "sign_in.failed" if failed else "sign_in.succeeded"
    what = "failed to sign in with" if failed else "signed in with"
    text = f"{partner} {what} {method} from {country}"
    payload = {"partner": partner, "method": method.removeprefix("a "), "country": country}
    _add(ledger, rng, "sign-ins", kind, text, at, payload)


def _add(
    ledger: Ledger, rng: Random, stream: str, kind: str, text: str, at: datetime, payload: dict[str, str]
) -> None:
    ledger.add(
        "activity_event",
        stream=stream,
        kind=kind,
        summary=text,
        occurred_at=at,
        recorded_at=at + timedelta(seconds=rng.uniform(*HEARD_AFTER_SECONDS)),
        subject_path=None,
        payload=payload,
        value=1.0,
    )
