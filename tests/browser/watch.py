"""Watches one browser: what it asks for, what it is answered, and what it complains about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Request, Response

# Chromium writes every answer that is no success to the console; nobody can keep it from doing so.
REFUSED = re.compile(r"Failed to load resource: (?:the server responded with a status of (\d+)|net::)")
NOTICE = "Clear-Site-Data header on"  # said at every sign-out, and meant
CUT = 0  # a connection that broke, among the statuses that a test expects


@dataclass
class Watch:
    """What one browser complained about, and which requests it made."""

    origin: str
    requests: list[Request] = field(default_factory=list)
    streams: set[Request] = field(default_factory=set)
    answers: list[Response] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    refusals: set[int] = field(default_factory=set)

    def made(self, method: str, path: str) -> int:
        """How many such requests were made. `path` is a pattern."""
        paths = [urlsplit(one.url).path for one in self.requests if one.method == method]
        return sum(1 for one in paths if re.fullmatch(path, one))

    def posted(self) -> list[int]:
        """How the posts were answered."""
        return [one.status for one in self.answers if one.request.method == "POST"]

    def over(self, context: BrowserContext) -> None:
        """Watch every page of a browser."""
        context.on("request", self._request)
        context.on("requestfailed", self._ended)
        context.on("requestfinished", self._ended)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def verdict(self) -> list[str]:
        """What nobody expected: words in the console, errors, requests that left the origin."""
        away = [one.url for one in self.requests if not one.url.startswith((self.origin, "data:"))]
        return [*self.complaints, *away]

    def _request(self, request: Request) -> None:
        self.requests.append(request)
        if urlsplit(request.url).path == "/events":
            self.streams.add(request)

    def _response(self, response: Response) -> None:
        self.answers.append(response)

    def _ended(self, request: Request) -> None:
        self.streams.discard(request)

    def _console(self, message: ConsoleMessage) -> None:
        refused = REFUSED.match(message.text)
        is_expected = int(refused[1] or CUT) in self.refusals if refused else NOTICE in message.text
        if not is_expected:
            self.complaints.append(message.text)
