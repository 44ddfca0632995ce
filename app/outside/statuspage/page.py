"""One page of Statuspage: its address, token, rate limit and remedies.

Source: Statuspage API 1.0.0, its OpenAPI document: "Rate Limiting", "Authentication", "Incidents".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from app.outside import failed, http
from app.outside.failed import Failed, Remedies
from app.outside.json_api import JsonApi, Manners, Reply
from app.outside.secret import Secret

WINDOW = timedelta(seconds=60)  # "1 request / second as measured on a 60 second rolling window"

REMEDIES: Remedies = {
    "unauthenticated": "Set OPSBOOK_STATUSPAGE_TOKEN to an API key that is valid.",
    "forbidden": "Set OPSBOOK_STATUSPAGE_TOKEN to an API key that may manage the page.",
    "not_found": "Set OPSBOOK_STATUSPAGE_PAGE_ID to the id of a page that the API key may manage.",
    "bad_url": "Set OPSBOOK_STATUSPAGE_API_URL to an address such as https://api.statuspage.io.",
    "moved": "Set OPSBOOK_STATUSPAGE_API_URL to an address such as https://api.statuspage.io.",
    "dns": "Check OPSBOOK_STATUSPAGE_API_URL and the network.",
    "tls": "Check OPSBOOK_STATUSPAGE_API_URL and its certificate.",
    "connection_refused": "Check OPSBOOK_STATUSPAGE_API_URL and the network.",
    "timeout": "Check OPSBOOK_STATUSPAGE_API_URL and the network.",
    "throttled": "Wait; the API key's limit of one request a second is used up.",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page and the key that may change it."""

    api: JsonApi
    api_url: str
    page_id: str

    @classmethod
    def of(cls, client: http.Client, api_url: str, token: Secret, page_id: str) -> Page:
        """Take what the settings say."""
        headers = {"Authorization": f"OAuth {token.reveal()}", "Content-Type": "application/json"}
        return cls(JsonApi(client, token, Manners(headers, REMEDIES, pause)), api_url.rstrip("/"), page_id)

    async def call(self, method: str, path: str = "", content: Any = None) -> Reply | Failed:
        """Ask for something of the page's: `path` follows its own address."""
        address = f"{self.api_url}/v1/pages/{quote(self.page_id, safe='')}{path}"
        return await self.api.call(method, address, content)


def pause(answer: http.Answer) -> timedelta | None:
    """Read how long Statuspage wants no requests; when it does not say, until its window has passed."""
    if failed.kind_of(answer.status) != "throttled":
        return None
    asked = http.retry_after(answer.headers)
    return WINDOW if asked is None else asked
