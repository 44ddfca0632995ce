"""One sentence that outlives a redirect: a toast in a cookie, for browsers without a script."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

# The prefix makes browsers refuse it from any other host, so nobody else can put words into the console.
COOKIE = "__Host-flash"
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Toast:
    """One sentence about what just happened. A `bad` one stays until it is dismissed."""

    text: str
    level: Literal["ok", "bad"] = "ok"


def keep(response: Response, toast: Toast) -> None:
    """Hand a toast to the next page."""
    value = quote(json.dumps([toast.text, toast.level]))
    response.set_cookie(COOKIE, value, max_age=SECONDS, secure=True, httponly=True, samesite="lax")


def read(request: Request) -> Toast | None:
    """The toast that the last page left, if any."""
    try:
        text, level = json.loads(unquote(request.cookies.get(COOKIE, "")))
    except (ValueError, TypeError):  # cut short, or no pair
        return None
    return Toast(str(text), "bad" if level == "bad" else "ok")


def forget(request: Request, response: Response) -> None:
    """Drop the toast once a whole page has shown it."""
    if COOKIE in request.cookies:
        response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax")
