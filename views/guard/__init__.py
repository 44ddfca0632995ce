"""What stands between the network and the pages: pure ASGI middleware, from the outside in."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from app.settings import Settings
from views.guard.bodies import Bodies
from views.guard.csrf import SameOrigin
from views.guard.headers import SecurityHeaders
from views.guard.hosts import Hosts
from views.guard.problems import Problems, Render, let_it_rise
from views.guard.request_ids import RequestIds
from views.guard.request_lines import RequestLines
from views.guard.sessions import Identify, Sessions

# For `Starlette(exception_handlers=…)`: its own refusals become problems like all others.
EXCEPTION_HANDLERS = {HTTPException: let_it_rise}


def middleware(
    settings: Settings,
    *,
    identify: Identify,
    render: Render | None = None,
    watching: Sequence[Middleware] = (),
) -> list[Middleware]:
    """All of it, for `Starlette(middleware=…)`. The order matters: a refusal too is numbered and guarded.

    `watching` sees each request with its number, and each answer as it leaves.
    """
    return [
        Middleware(RequestIds, trusted=settings.trusted_proxies),
        *watching,
        Middleware(SecurityHeaders, https=settings.base_url.lower().startswith("https://")),
        Middleware(Problems, render=render),
        Middleware(RequestLines),
        Middleware(Hosts, settings=settings),
        Middleware(Bodies),
        Middleware(SameOrigin, base_url=settings.base_url),
        Middleware(Sessions, identify=identify),
    ]
