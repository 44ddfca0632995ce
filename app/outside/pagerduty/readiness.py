"""Would a page ring now? PagerDuty answers 202 to events that page nobody, so we ask before it matters.

Source: PagerDuty support, "Why incidents fail to trigger", "Maintenance windows", "Auto-Pause".
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

from app.outside.pagerduty.rest import Rest, Unanswered
from app.outside.reading import objects
from app.outside.secret import Secret

NEEDED_EVENTS = (
    "incident.triggered",
    "incident.acknowledged",
    "incident.unacknowledged",
    "incident.resolved",
)
INCLUDED = ("integrations", "auto_pause_notifications_parameters", "escalation_policies")
# Should Opsbook be dead, PagerDuty pages the commander: after Opsbook would have, and not much later.
WATCHED = "operator"
ESCALATES_AFTER, AT_THE_LATEST = timedelta(minutes=5), timedelta(minutes=10)
Listed = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be right for a page to ring. `remedy` is empty when there is nothing to do.

    One that is `ok` may have one, too: then it is advice.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    role: str | None = None


async def readiness(rest: Rest, routing_keys: Mapping[str, Secret], webhook_url: str) -> list[Check]:
    """Check what each role's routing key leads to, and that webhooks come to `webhook_url`."""
    listed = await rest.get_all("/services", "services", [("include[]", one) for one in INCLUDED])
    if isinstance(listed, Unanswered):
        return [_silent("api", listed)]
    checks = [Check("api", True, "PagerDuty's REST API answers.")]
    # At once, so that an account that is slow to answer is seen to be red in time.
    *by_role, subscription = await asyncio.gather(
        *(_of_role(rest, role, with_key(listed, key)) for role, key in routing_keys.items()),
        _webhooks(rest, webhook_url),
    )
    return [*checks, *chain.from_iterable(by_role), *subscription]


async def find_subscription(rest: Rest, webhook_url: str) -> Listed | Unanswered | None:
    """Find the webhook subscription that leads to us; its `id` is what `Rest.ping` and `Rest.enable` take."""
    listed = await rest.get_all("/webhook_subscriptions", "webhook_subscriptions")
    if isinstance(listed, Unanswered):
        return listed
    return next((one for one in listed if _part(one, "delivery_method").get("url") == webhook_url), None)


async def _webhooks(rest: Rest, webhook_url: str) -> list[Check]:
    return [_webhook(await find_subscription(rest, webhook_url), webhook_url)]


def _webhook(found: Listed | Unanswered | None, webhook_url: str) -> Check:
    name = "webhook"
    if isinstance(found, Unanswered):
        return _silent(name, found)
    if found is None:
        return _red(name, f"No webhook subscription leads to {webhook_url}.", "Create one in PagerDuty.")
    if _part(found, "delivery_method").get("temporarily_disabled") or found.get("active") is False:
        return _red(name, "The webhook subscription is disabled.", "Enable it in PagerDuty.")
    return _wanted_events(name, found)


def _wanted_events(name: str, found: Listed) -> Check:
    events = found.get("events")
    missing = ", ".join(
        one for one in NEEDED_EVENTS if one not in (events if isinstance(events, list) else ())
    )
    if missing:
        return _red(name, f"The webhook subscription leaves out {missing}.", "Add them to it in PagerDuty.")
    return Check(name, True, f"Subscription {found.get('id')} leads here.")


async def _of_role(rest: Rest, role: str, found: Listed | None) -> list[Check]:
    if found is None:
        detail = "No service in PagerDuty has this role's routing key."
        return [_red("routing key", detail, "Copy the integration key of the role's service.", role)]
    settings = [check(found, role) for check in (_enabled, _auto_pause, _grouping, _auto_resolve)]
    asked = await asyncio.gather(_maintenance(rest, role, found), _on_call(rest, role, found))
    return [*settings, *asked, *(_dead_man(found, role) if role == WATCHED else ())]


def with_key(listed: list[Listed], key: Secret) -> Listed | None:
    """Find the service that a routing key belongs to."""

    def has_key(one: Listed) -> bool:
        return any(entry.get("integration_key") == key.reveal() for entry in objects(one.get("integrations")))

    return next(filter(has_key, listed), None)


def _enabled(found: Listed, role: str) -> Check:
    if found.get("status") == "disabled":
        return _red("enabled", "The service is disabled: no event pages anybody.", "Enable it.", role)
    return Check("enabled", True, "The service is enabled.", role=role)


def _auto_pause(found: Listed, role: str) -> Check:
    if _part(found, "auto_pause_notifications_parameters").get("enabled"):
        return _red("auto-pause", "Auto-Pause holds pages back for minutes.", "Switch it off.", role)
    return Check("auto-pause", True, "Auto-Pause is off.", role=role)


def _grouping(found: Listed, role: str) -> Check:
    if found.get("alert_grouping") or _part(found, "alert_grouping_parameters").get("type"):
        detail = "Alert grouping puts a new page into an old incident, where it rings nobody."
        return _red("grouping", detail, "Switch alert grouping off.", role)
    return Check("grouping", True, "Alert grouping is off.", role=role)


def _auto_resolve(found: Listed, role: str) -> Check:
    seconds = found.get("auto_resolve_timeout")
    if seconds:
        detail = f"PagerDuty resolves incidents by itself after {seconds} s, live ones too."
        return _red("auto-resolve", detail, "Switch auto-resolve off.", role)
    return Check("auto-resolve", True, "Auto-resolve is off.", role=role)


def _dead_man(found: Listed, role: str) -> Iterator[Check]:
    """Whether PagerDuty would page the next in line if Opsbook did not. Advice: a page rings without it."""
    name, rules = "dead man", objects(_part(found, "escalation_policy").get("escalation_rules"))
    if not rules:
        return  # the account does not show them
    said = rules[0].get("escalation_delay_in_minutes")
    wait = timedelta(minutes=said if isinstance(said, int) else 0)
    minutes = f"{wait / timedelta(minutes=1):g} min"
    advice = "Give its escalation policy a second level: the commander, after 7 minutes."
    if len(rules) == 1:
        yield Check(name, True, "Should Opsbook be dead, nobody else would be paged.", advice, role)
    elif not ESCALATES_AFTER < wait <= AT_THE_LATEST:
        yield Check(name, True, f"PagerDuty escalates by itself after {minutes}.", advice, role)
    else:
        yield Check(name, True, f"Should Opsbook be dead, PagerDuty escalates after {minutes}.", role=role)


async def _maintenance(rest: Rest, role: str, found: Listed) -> Check:
    query = [("filter", "ongoing"), ("service_ids[]", str(found.get("id")))]
    windows = await rest.get_all("/maintenance_windows", "maintenance_windows", query)
    if isinstance(windows, Unanswered):
        return _silent("maintenance", windows, role)
    if windows or found.get("status") == "maintenance":
        detail = "A maintenance window is open: no event pages anybody."
        return _red("maintenance", detail, "End the maintenance window.", role)
    return Check("maintenance", True, "No maintenance window is open.", role=role)


async def _on_call(rest: Rest, role: str, found: Listed) -> Check:
    policy = str(_part(found, "escalation_policy").get("id"))
    listed = await rest.get_all("/oncalls", "oncalls", [("escalation_policy_ids[]", policy)])
    if isinstance(listed, Unanswered):
        return _silent("on call", listed, role)
    first = [one for one in listed if one.get("escalation_level") == 1]
    if not first:
        remedy = "Put somebody on the first level of its escalation policy."
        return _red("on call", "Nobody is on call at level 1.", remedy, role)
    names = ", ".join(sorted({str(_part(one, "user").get("summary")) for one in first}))
    return Check("on call", True, f"On call: {names}.", role=role)


def _part(found: Listed, name: str) -> Listed:
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def _red(name: str, detail: str, remedy: str, role: str | None = None) -> Check:
    return Check(name, False, detail, remedy, role)


def _silent(name: str, why: Unanswered, role: str | None = None) -> Check:
    remedies = {
        "unauthenticated": "Check OPSBOOK_PAGERDUTY_API_TOKEN.",
        "forbidden": "Give OPSBOOK_PAGERDUTY_API_TOKEN the right to read.",
        "throttled": "Wait; other programs use up the account's rate limit.",
    }
    remedy = remedies.get(why.kind, "Check OPSBOOK_PAGERDUTY_API_URL and the network.")
    return _red(name, f"PagerDuty did not answer ({why.kind.replace('_', ' ')}).", remedy, role)
