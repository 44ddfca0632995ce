"""The settings: one's own, and what administrators look after."""

from views.settings import pagerduty, people, profile, sources, tokens

routes = [*profile.routes, *people.routes, *tokens.routes, *sources.routes, *pagerduty.routes]
