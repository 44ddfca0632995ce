"""PagerDuty's REST API: is there an incident behind our event, and did somebody acknowledge it there.

Source: PagerDuty developer documentation, "REST API": "Authentication", "Rate Limits", "Errors".
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote, urlencode

import msgspec

from app.outside import http
from app.outside.pagerduty import incident
from app.outside.pagerduty.incident import Incident
from app.outside.reading import objects, parsed
from app.outside.secret import Secret

# A wrong page is cheaper than a missed one: what PagerDuty has not said within 2 s is not waited for.
TIMEOUT = timedelta(seconds=2)
KEPT_BYTES = 2 * 1024 * 1024  # a page of 100 services with their integrations
PAGE = 100
MAX_PAGES = 20

UnansweredKind = (
    http.FailureKind | Literal["throttled", "unauthenticated", "forbidden", "not_found", "server_error"]
)
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """PagerDuty did not say. `retry_after`: before that it will not."""

    kind: UnansweredKind
    retry_after: timedelta | None = None


@dataclass(slots=True)
class Rest:
    """One account's REST API. Keeps silent while PagerDuty's rate limit is used up."""

    client: http.Client
    base_url: str
    token: Secret
    sender: str | None = None  # e-mail address of a PagerDuty user; changes need one
    _silent_until: float = field(default=0.0, repr=False)

    async def find_incident(self, dedup_key: str) -> Incident | Unanswered | None:
        """Look up the incident that our event opened, an open one first; None when there is none."""
        query = [("incident_key", dedup_key), ("sort_by", "created_at:desc")]
        found = await self.get("/incidents", [*query, *(("statuses[]", one) for one in incident.STATUSES)])
        if isinstance(found, Unanswered):
            return found
        return incident.most_relevant(found)

    async def ping(self, subscription_id: str) -> Unanswered | None:
        """Ask PagerDuty to send `pagey.ping` through a webhook subscription; None when it will."""
        return _unless_done(await self.call("POST", f"/webhook_subscriptions/{quote(subscription_id)}/ping"))

    async def enable(self, subscription_id: str) -> Unanswered | None:
        """Switch a disabled webhook subscription on again; None when it is on."""
        return _unless_done(
            await self.call("POST", f"/webhook_subscriptions/{quote(subscription_id)}/enable")
        )

    async def get(self, path: str, query: Query = ()) -> Mapping[str, Any] | Unanswered:
        """Read one resource or one page of a list."""
        return await self.call("GET", f"{path}?{urlencode(query)}" if query else path)

    async def get_all(self, path: str, name: str, query: Query = ()) -> list[Mapping[str, Any]] | Unanswered:
        """Read a whole list, `name` being its key in the answer; at most 2,000 entries."""
        entries: list[Mapping[str, Any]] = []
        for number in range(MAX_PAGES):
            paging = (("limit", str(PAGE)), ("offset", str(number * PAGE)))
            page = await self.get(path, [*query, *paging])
            if isinstance(page, Unanswered):
                return page
            entries += objects(page.get(name))
            if page.get("more") is not True:
                break
        return entries

    async def call(self, method: str, path: str, content: Any = None) -> Mapping[str, Any] | Unanswered:
        """Send one request, unless PagerDuty's rate limit forbids it. A list comes as `list`."""
        silent_for = self._silent_until - _seconds()
        if silent_for > 0:
            return Unanswered("throttled", timedelta(seconds=silent_for))
        url = f"{self.base_url.rstrip('/')}{path}"
        answer = await self.client.send(
            method,
            url,
            headers=self._headers(),
            body=b"" if content is None else msgspec.json.encode(content),
            within=TIMEOUT,
            kept_bytes=KEPT_BYTES,
        )
        if isinstance(answer, http.Failure):
            return Unanswered(answer.kind)
        self._keep_to_limit(answer)
        return _content(answer, may_list=content is not None)

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/vnd.pagerduty+json;version=2",
            "Content-Type": "application/json",
            "Authorization": f"Token token={self.token.reveal()}",
        }
        return headers | {"From": self.sender} if self.sender else headers

    def _keep_to_limit(self, answer: http.Answer) -> None:
        used_up = answer.headers.get("ratelimit-remaining") == "0"
        if used_up or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._silent_until = _seconds() + _reset(answer).total_seconds()


def _content(answer: http.Answer, *, may_list: bool) -> Mapping[str, Any] | Unanswered:
    if not HTTPStatus(200) <= answer.status < HTTPStatus(300):
        return Unanswered(_why(answer.status), _throttled_for(answer))
    if not answer.body:
        return {}
    content = parsed(answer.body)
    if isinstance(content, list) and may_list:
        content = {"list": content}
    return content if isinstance(content, dict) else Unanswered("bad_response")


def _why(status: int) -> UnansweredKind:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "server_error"
    return _REASONS.get(status, "bad_response")


def _throttled_for(answer: http.Answer) -> timedelta | None:
    return _reset(answer) if answer.status == HTTPStatus.TOO_MANY_REQUESTS else None


def _reset(answer: http.Answer) -> timedelta:
    asked = answer.headers.get("ratelimit-reset", "")
    seconds = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= len("3600") else 1
    return timedelta(seconds=seconds)


def _unless_done(answer: Mapping[str, Any] | Unanswered) -> Unanswered | None:
    return answer if isinstance(answer, Unanswered) else None


def _seconds() -> float:
    return asyncio.get_running_loop().time()


_REASONS: dict[int, UnansweredKind] = {
    HTTPStatus.UNAUTHORIZED: "unauthenticated",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.PAYMENT_REQUIRED: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.TOO_MANY_REQUESTS: "throttled",
}
