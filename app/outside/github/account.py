"""GitHub's REST API and GraphQL API for one repository: addresses, headers, rate limits and remedies.

Source: GitHub documentation, "Rate limits for the REST API", "Troubleshooting the REST API", "API Versions",
"Forming calls with GraphQL"; GitHub Enterprise Server's differ in their addresses alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from app.outside import http, reading
from app.outside.clipping import clipped
from app.outside.failed import MAX_REASON, Failed, FailedKind, Remedies
from app.outside.json_api import JsonApi, Manners, Reply
from app.outside.secret import Secret

VERSION = "2022-11-28"
PATIENCE = timedelta(minutes=1)  # "wait for at least one minute", when a refusal does not say how long

REMEDIES: Remedies = {
    "unauthenticated": "Set OPSBOOK_GITHUB_TOKEN to a token that is valid.",
    "forbidden": (
        "Give OPSBOOK_GITHUB_TOKEN the right to write issues in OPSBOOK_GITHUB_REPOSITORY and to write the"
        " organisation's projects."
    ),
    "not_found": (
        "Set OPSBOOK_GITHUB_REPOSITORY to OWNER/NAME of a repository that OPSBOOK_GITHUB_TOKEN may see."
    ),
    "moved": "Set OPSBOOK_GITHUB_REPOSITORY to the repository's new OWNER/NAME.",
    "gone": "Switch issues on in the settings of the repository that OPSBOOK_GITHUB_REPOSITORY names.",
    "bad_url": "Set OPSBOOK_GITHUB_API_URL to an address such as https://api.github.com.",
    "dns": "Check OPSBOOK_GITHUB_API_URL and the network.",
    "tls": "Check OPSBOOK_GITHUB_API_URL and its certificate.",
    "connection_refused": "Check OPSBOOK_GITHUB_API_URL and the network.",
    "timeout": "Check OPSBOOK_GITHUB_API_URL and the network.",
    "throttled": "Wait; the token's rate limit is used up.",
}


@dataclass(frozen=True, slots=True)
class GitHub:
    """One repository, one project title, and the token that may write to both."""

    api: JsonApi
    api_url: str
    repository: str
    project: str = "Operations"

    @classmethod
    def of(cls, client: http.Client, api_url: str, token: Secret, repository: str, project: str) -> GitHub:
        """Take what the settings say."""
        headers: dict[str, str] = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token.reveal()}",
            "Content-Type": "application/json",
            "User-Agent": "Opsbook",
            "X-GitHub-Api-Version": VERSION,
        }
        api = JsonApi(client, token, Manners(headers, REMEDIES, pause))
        return cls(api, api_url.rstrip("/"), repository.strip("/"), project)

    @property
    def owner(self) -> str:
        """The organisation or user that the repository belongs to."""
        return self.repository.partition("/")[0]

    @property
    def name(self) -> str:
        """The repository's name without its owner."""
        return self.repository.partition("/")[2]

    async def rest(self, method: str, path: str, content: Any = None) -> Reply | Failed:
        """Ask for something of the repository's: `path` follows its own address."""
        return await self.api.call(
            method, f"{self.api_url}/repos/{quote(self.repository)}{path}", content, budget="core"
        )

    async def search(self, query: str) -> Reply | Failed:
        """Ask the search index, which lags behind what it indexes and has a rate limit of its own."""
        asked = urlencode({"q": query, "per_page": 50})
        return await self.api.call("GET", f"{self.api_url}/search/issues?{asked}", budget="search")

    async def graphql(self, document: str, **variables: Any) -> Mapping[str, Any] | Failed:
        """Run one operation. GitHub answers its errors with 200: what was asked for is then null."""
        asked = {"query": document, "variables": variables}
        reply = await self.api.call("POST", graphql_url(self.api_url), asked, budget="graphql")
        if isinstance(reply, Failed):
            return reply
        content = reading.mapping(reply.content)
        found, errors = reading.mapping(content.get("data")), reading.objects(content.get("errors"))
        if found and None not in found.values():
            return found  # an error deeper down, such as a project that we may not see, takes nothing from it
        return self._graphql_error(errors[0] if errors else {})

    def _graphql_error(self, error: Mapping[str, Any]) -> Failed:
        kind = _GRAPHQL_KINDS.get(str(error.get("type")), "unexpected_answer")
        reason = clipped(self.api.token.masked(reading.text(error.get("message")) or ""), MAX_REASON)
        wait = PATIENCE if kind == "throttled" else None
        permanent = kind in ("forbidden", "not_found")
        return Failed(kind, permanent, HTTPStatus.OK, wait, reason, REMEDIES.get(kind, ""))


def graphql_url(api_url: str) -> str:
    """Derive the address of GraphQL: Enterprise Server has /api/graphql beside its /api/v3."""
    base = api_url.rstrip("/")
    return f"{base.removesuffix('/v3')}/graphql"


def pause(answer: http.Answer) -> timedelta | None:
    """Read how long GitHub wants to be left alone: Retry-After, until the limit is reset, or a minute."""
    is_refused = answer.status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
    asked = http.retry_after(answer.headers) if is_refused else None
    if asked is not None:
        return asked
    if answer.headers.get("x-ratelimit-remaining") == "0":
        return _until_reset(answer.headers)
    says_so = is_refused and b"rate limit" in answer.body[:4096].lower()
    return PATIENCE if says_so or answer.status == HTTPStatus.TOO_MANY_REQUESTS else None


def _until_reset(headers: Mapping[str, str]) -> timedelta:
    """Measure against the answer's own `Date`: our clocks have no say."""
    asked = headers.get("x-ratelimit-reset", "")
    try:
        reset = datetime.fromtimestamp(int(asked[:12]), UTC)
        return min(
            max(reset - parsedate_to_datetime(headers.get("Date", "")), timedelta()), http.MAX_RETRY_AFTER
        )
    except (ValueError, TypeError, OverflowError, OSError):
        return PATIENCE


_GRAPHQL_KINDS: dict[str, FailedKind] = {
    "NOT_FOUND": "not_found",
    "FORBIDDEN": "forbidden",
    "INSUFFICIENT_SCOPES": "forbidden",
    "RATE_LIMITED": "throttled",
}
