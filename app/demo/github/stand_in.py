"""The whole stand-in: the repository, the token and its rights, rate limits and faults."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Literal

from starlette.responses import JSONResponse, Response

from app.demo.github.repository import Repository
from app.demo.loopback import faults
from app.demo.loopback.limits import RateLimit

Right = Literal["see", "issues", "labels", "projects"]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@dataclass(slots=True)
class Faults(faults.Faults):
    """Trouble; a call too many meets the secondary rate limit, which GitHub tells with 403."""

    def throttled(self) -> Response:
        """Turn the call away; nothing is done."""
        return JSONResponse({"message": SECONDARY}, HTTPStatus.FORBIDDEN, headers=self.waiting())


@dataclass(slots=True)
class StandIn:
    """GitHub as tests and the demonstration see it. Everything may be changed while it runs."""

    repository: Repository = field(default_factory=Repository)
    token: str = field(default_factory=lambda: f"github_pat_{secrets.token_urlsafe(30)}")
    rights: set[Right] = field(default_factory=lambda: {"see", "issues", "labels", "projects"})
    faults: Faults = field(default_factory=Faults)
    graph_faults: Faults = field(default_factory=Faults)
    limits: dict[str, RateLimit] = field(
        default_factory=lambda: {
            "core": RateLimit(5000, HOUR),
            "search": RateLimit(30, MINUTE),
            "graphql": RateLimit(5000, HOUR),
        }
    )
    calls: list[str] = field(default_factory=list)

    def settings(self, base_url: str) -> dict[str, str]:
        """Name the variables that point Opsbook at this stand-in, served at `base_url`."""
        return {
            "OPSBOOK_GITHUB_API_URL": base_url,
            "OPSBOOK_GITHUB_TOKEN": self.token,
            "OPSBOOK_GITHUB_REPOSITORY": self.repository.full_name,
        }
