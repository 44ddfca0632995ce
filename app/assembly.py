"""What one process holds: its settings, its database, its bell and its ways out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.errors import Misconfigured
from app.incidents.paging.channels import Channels
from app.outside import http
from app.outside.github.account import GitHub
from app.outside.pagerduty.rest import Rest
from app.outside.secret import Secret
from app.queue.bell import Bell
from app.security.secrets import Keyring
from app.settings import Settings
from app.storage.engine import Database


@dataclass(frozen=True, slots=True)
class House:
    """The parts of a running process, ready to use."""

    settings: Settings
    database: Database
    bell: Bell
    channels: Channels
    github: GitHub | None

    @property
    def keyring(self) -> Keyring:
        """What opens stored secrets.

        Raises: Misconfigured, which `opsbook doctor` says beforehand.
        """
        return Keyring.of(self.settings.master_keys, self.settings.secret_key or "")


@asynccontextmanager
async def opened(settings: Settings, *, connections: int = 10) -> AsyncIterator[House]:
    """Open the house. Neither the database nor the queue has to be there yet.

    Raises: Misconfigured, naming the variable that is missing.
    """
    database_url = _needed(settings.database_url, "OPSBOOK_DATABASE_URL")
    redis_url = _needed(settings.redis_url, "OPSBOOK_REDIS_URL")
    secret_key = _needed(settings.secret_key, "OPSBOOK_SECRET_KEY")
    bell = Bell(redis_url)
    database = await Database.open(database_url, bell=bell, writers=connections, readers=connections)
    async with http.opened() as client:
        try:
            channels = Channels(settings, client, secret_key, _rest(settings, client))
            yield House(settings, database, bell, channels, _github(settings, client))
        finally:
            await bell.close()
            await database.close()


def _rest(settings: Settings, client: http.Client) -> Rest | None:
    token = settings.pagerduty_api_token
    if token is None:
        return None
    return Rest(client, settings.pagerduty_api_url, Secret(token), settings.pagerduty_from)


def _github(settings: Settings, client: http.Client) -> GitHub | None:
    token, repository = settings.github_token, settings.github_repository
    if token is None or repository is None:
        return None
    return GitHub.of(client, settings.github_api_url, Secret(token), repository, settings.github_project)


def _needed(value: str | None, variable: str) -> str:
    if value is None:
        raise Misconfigured(f"{variable} is not set. Set it, or use `opsbook up`, which needs no settings.")
    return value
