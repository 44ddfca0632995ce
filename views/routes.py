"""Every address that people open."""

from __future__ import annotations

from views import (
    activity,
    admin,
    assets,
    developers,
    incidents,
    links,
    live,
    on_call,
    probes,
    public,
    settings,
    sign_in,
    silences,
    start,
    status,
    streams,
)

routes = [
    assets.assets_route,
    *probes.routes,
    *start.routes,
    *sign_in.routes,
    *links.routes,
    *public.routes,
    *live.routes,
    *incidents.routes,
    *activity.routes,
    *on_call.routes,
    *streams.routes,
    *silences.routes,
    *settings.routes,
    *admin.routes,
    *status.routes,
    *developers.routes,
]
