"""The settings: one's own, and what administrators look after."""

from views.settings import (
    heartbeat,
    pagerduty,
    people,
    policies,
    profile,
    second_factor,
    source,
    sources,
    subscribers,
    tokens,
)

routes = [
    *profile.routes,
    *second_factor.routes,
    *people.routes,
    *tokens.routes,
    *sources.routes,
    *source.routes,
    *heartbeat.routes,
    *policies.routes,
    *subscribers.routes,
    *pagerduty.routes,
]
