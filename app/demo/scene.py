"""Sets the scene of `opsbook up --demo`: the data, stand-ins for other systems, an outage to be watched."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from app.demo import keys as demo_keys
from app.demo import loading
from app.demo.keys import Keys
from app.demo.loading import Scenario
from app.demo.neighbours.wiring import Wiring
from app.demo.people import JONAS, MARA, METRICS, PRIYA, PROMETHEUS
from app.errors import Misconfigured
from app.security import links
from app.security.permissions import SYSTEM
from app.settings import PREFIX, Settings
from app.storage.engine import Database
from app.supervisor import Program

HOST: Final = "127.0.0.1"
PAGERDUTY_PORT: Final = 8010
PORTS_TRIED: Final = 50
SOON: Final = timedelta(seconds=2)
ON_CALL: Final = {"operator": MARA, "commander": JONAS, "policy_owner": PRIYA}
PAGERDUTY: Final = f"{PREFIX}PAGERDUTY_"
NEIGHBOURS: Final = tuple(f"{PREFIX}{name}_" for name in ("SLACK", "STATUSPAGE", "GITHUB", "SMTP"))


def folder(settings: Settings) -> Path:
    """Where the demo keeps its keys."""
    return settings.data / "demo"


def prepare(settings: Settings, environ: dict[str, str], programs: Sequence[Program]) -> list[Program]:
    """Load the demo if it is not there, point `environ` at the stand-ins, and add the demo's programs.

    A PagerDuty that the environment names is used instead of the stand-in, and so are other neighbours.
    Raises: Conflict when the database holds something else.
    """
    keys = demo_keys.kept(folder(settings))
    scenario, now = asyncio.run(_ensure(settings, keys))
    ports = _free_ports()
    added = [] if has_pager(environ) else [_stand_in(environ, keys, next(ports))]
    if not has_neighbours(environ):
        added.append(_neighbours(environ, Wiring(next(ports), next(ports))))
    added.append(_scenario(environ, keys, run=f"{now:%Y%m%d-%H%M%S}", is_quiet=scenario == "quiet"))
    return [*(dataclasses.replace(program, environ=environ) for program in programs), *added]


def welcome(settings: Settings) -> list[str]:
    """Say how to get in and what will happen; `settings` are those that the children got."""
    link, scenario = asyncio.run(_invite(settings))
    lines = [f"Sign in as {MARA.name}, the operator on call: {link}"]
    if urlsplit(settings.pagerduty_events_url).hostname == HOST:
        lines.append(f"Her phone rings on {settings.pagerduty_events_url}/")
    else:
        lines.append("Pages go to the PagerDuty that your settings name.")
    if urlsplit(settings.statuspage_api_url).hostname == HOST:
        watch, base = settings.statuspage_api_url.removesuffix("/statuspage"), settings.base_url.rstrip("/")
        lines.append(f"Slack, Statuspage and all mail are on {watch}/, and the public reads {base}/public")
    if scenario == "outage":
        lines.append(
            "About 20 seconds after you have signed in, card payments fail at EU checkout: Opsbook pages"
            f" {MARA.name.split()[0]}, and {JONAS.name} too if nobody acknowledges within 5 minutes."
        )
    return lines


def has_pager(environ: Mapping[str, str]) -> bool:
    """Whether the environment names a PagerDuty of its own, which no stand-in must mix with."""
    return any(name.startswith(PAGERDUTY) for name in environ)


def has_neighbours(environ: Mapping[str, str]) -> bool:
    """Whether the environment names a Slack, a Statuspage, a GitHub or a mail server of its own."""
    return any(name.startswith(NEIGHBOURS) for name in environ)


async def _ensure(settings: Settings, keys: Keys) -> tuple[Scenario, datetime]:
    database = await _database(settings)
    try:
        return await loading.ensure(database, keys, "outage")
    finally:
        await database.close()


async def _invite(settings: Settings) -> tuple[str, Scenario]:
    database = await _database(settings)
    try:
        async with database.unit_of_work() as work:
            key = await links.create_by_hand(work, SYSTEM, email=MARA.email, next_path="/incidents")
            scenario = await loading.scenario_of(work)
        return links.url(settings.base_url, key), scenario or "quiet"
    finally:
        await database.close()


async def _database(settings: Settings) -> Database:
    if settings.database_url is None:
        raise Misconfigured("OPSBOOK_DATABASE_URL is not set. Set it, or use `opsbook up`, which needs none.")
    return await Database.open(settings.database_url, writers=2, readers=1)


def _stand_in(environ: dict[str, str], keys: Keys, port: int) -> Program:
    """Name the stand-in to Opsbook and Opsbook to the stand-in, which gets none of our other secrets."""
    address = f"http://{HOST}:{port}"
    environ |= {f"{PAGERDUTY}ROUTING_KEY_{role.upper()}": key for role, key in keys.routing.items()}
    environ |= {
        f"{PAGERDUTY}EVENTS_URL": address,
        f"{PAGERDUTY}API_URL": address,
        f"{PAGERDUTY}API_TOKEN": keys.api_token,
        f"{PAGERDUTY}FROM": MARA.email,
        f"{PAGERDUTY}WEBHOOK_SECRETS": keys.webhook_secret,
    }
    people = [f"--person={role}={member.name} <{member.email}>" for role, member in ON_CALL.items()]
    webhook_url = f"{environ[f'{PREFIX}BASE_URL'].rstrip('/')}/hooks/pagerduty"
    options = (f"--port={port}", f"--webhook-url={webhook_url}", *people)
    theirs = _without_ours(environ) | {
        "STAND_IN_TOKEN": keys.api_token,
        "STAND_IN_WEBHOOK_SECRETS": keys.webhook_secret,
        "STAND_IN_ROUTING_KEYS": " ".join(f"{role}={key}" for role, key in keys.routing.items()),
    }
    return Program("pagerduty", (sys.executable, "-m", "app.demo.pagerduty", *options), theirs)


def _scenario(environ: Mapping[str, str], keys: Keys, *, run: str, is_quiet: bool) -> Program:
    argv = [sys.executable, "-m", "app.demo.scenario", environ[f"{PREFIX}BASE_URL"], f"--run={run}"]
    given = {
        "DEMO_SOURCE_KEY": keys.sources[PROMETHEUS.name],
        "DEMO_ACTIVITY_KEY": keys.sources[METRICS.name],
    }
    return Program("scenario", (*argv, *(["--quiet"] if is_quiet else [])), {**environ, **given})


def _neighbours(environ: dict[str, str], wiring: Wiring) -> Program:
    """Name the neighbours to Opsbook and Opsbook to them. Nobody waits for them, so they start last."""
    environ |= wiring.settings()
    slack_url = f"{environ[f'{PREFIX}BASE_URL'].rstrip('/')}/hooks/slack"
    options = (f"--port={wiring.port}", f"--mail-port={wiring.mail_port}", f"--slack-url={slack_url}")
    argv = (sys.executable, "-m", "app.demo.neighbours", *options)
    return Program("neighbours", argv, {**_without_ours(environ), **wiring.secrets()}, after=SOON)


def _without_ours(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith(PREFIX)}


def _free_ports() -> Iterator[int]:
    """The ports from 8010 on that nobody listens on, so that they are the same at each start."""
    for port in range(PAGERDUTY_PORT, PAGERDUTY_PORT + PORTS_TRIED):
        with suppress(OSError), socket.create_server((HOST, port)):
            yield port
    raise Misconfigured(f"No port from {PAGERDUTY_PORT} on is free for the demo's stand-ins.")
