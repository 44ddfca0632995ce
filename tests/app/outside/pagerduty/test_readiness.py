from collections.abc import Callable

import pytest

from app.outside.pagerduty.readiness import Check, find_subscription, readiness
from app.outside.pagerduty.rest import Rest, Unanswered
from app.outside.secret import Secret
from tests.fakes.pagerduty import PagerDuty

pytestmark = pytest.mark.anyio
URL = "http://127.0.0.1:8000/hooks/pagerduty"
Break = Callable[[PagerDuty], None]


async def checks_of(rest: Rest, pagerduty: PagerDuty) -> list[Check]:
    keys = {role: Secret(rota.routing_key) for role, rota in pagerduty.account.rotas.items()}
    return await readiness(rest, keys, URL)


def red(checks: list[Check]) -> list[tuple[str, str | None]]:
    return [(one.name, one.role) for one in checks if not one.ok]


async def test_everything_is_green_when_pages_would_ring(rest: Rest, pagerduty: PagerDuty) -> None:
    pagerduty.subscription.url = URL

    checks = await checks_of(rest, pagerduty)

    assert red(checks) == []
    assert len(checks) == 2 + 6 * 3 + 1
    assert not any(one.remedy for one in checks)


@pytest.mark.parametrize(
    ("switch", "value", "name"),
    [
        ("enabled", False, "enabled"),
        ("maintenance", True, "maintenance"),
        ("auto_pause", True, "auto-pause"),
        ("grouping", "intelligent", "grouping"),
        ("auto_resolve_seconds", 14400, "auto-resolve"),
        ("on_call", None, "on call"),
    ],
)
async def test_each_thing_that_silences_a_page_is_red(
    rest: Rest, pagerduty: PagerDuty, switch: str, value: object, name: str
) -> None:
    pagerduty.subscription.url = URL
    setattr(pagerduty.account.rotas["commander"], switch, value)

    checks = await checks_of(rest, pagerduty)

    assert red(checks) == [(name, "commander")]
    assert next(one for one in checks if not one.ok).remedy


@pytest.mark.parametrize(
    ("minutes", "found"),
    [
        (None, "Should Opsbook be dead, nobody else would be paged."),
        (5, "PagerDuty escalates by itself after 5 min."),
        (30, "PagerDuty escalates by itself after 30 min."),
    ],
)
async def test_how_pagerduty_watches_opsbook_is_advice(
    rest: Rest, pagerduty: PagerDuty, minutes: int | None, found: str
) -> None:
    pagerduty.subscription.url = URL
    pagerduty.account.rotas["operator"].escalates_after_minutes = minutes

    checks = await checks_of(rest, pagerduty)

    assert red(checks) == []
    assert [one.detail for one in checks if one.remedy] == [found]


def no_subscription(pagerduty: PagerDuty) -> None:
    pagerduty.subscription.url = "https://elsewhere.example"


def disabled_subscription(pagerduty: PagerDuty) -> None:
    pagerduty.subscription.disabled = True


def inactive_subscription(pagerduty: PagerDuty) -> None:
    pagerduty.subscription.active = False


def deaf_subscription(pagerduty: PagerDuty) -> None:
    pagerduty.subscription.events = ("incident.triggered",)


@pytest.mark.parametrize(
    "break_it", [no_subscription, disabled_subscription, inactive_subscription, deaf_subscription]
)
async def test_webhooks_that_do_not_come_are_red(rest: Rest, pagerduty: PagerDuty, break_it: Break) -> None:
    pagerduty.subscription.url = URL
    break_it(pagerduty)

    assert red(await checks_of(rest, pagerduty)) == [("webhook", None)]


async def test_routing_key_of_nobody_is_red(rest: Rest, pagerduty: PagerDuty) -> None:
    pagerduty.subscription.url = URL

    checks = await readiness(rest, {"operator": Secret("0" * 32)}, URL)

    assert red(checks) == [("routing key", "operator")]


@pytest.mark.parametrize("fault", ["500", "lose_reply"])
async def test_silent_api_is_one_red_check(rest: Rest, pagerduty: PagerDuty, fault: str) -> None:
    pagerduty.faults.rest = fault  # type: ignore[assignment]

    assert red(await checks_of(rest, pagerduty)) == [("api", None)]


async def test_long_lists_are_read_to_the_end(
    rest: Rest, pagerduty: PagerDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.outside.pagerduty.rest.PAGE", 1)
    pagerduty.subscription.url = URL

    assert red(await checks_of(rest, pagerduty)) == []


async def test_ping_comes_back_as_a_webhook(rest: Rest, pagerduty: PagerDuty) -> None:
    pagerduty.subscription.url = f"{pagerduty.url}/nowhere"
    found = await find_subscription(rest, pagerduty.subscription.url)

    assert found is not None
    assert not isinstance(found, Unanswered)
    assert await rest.ping(found["id"]) is None
    await pagerduty.subscription.idle()
    assert [one.answer for one in pagerduty.subscription.attempts] == [404]


async def test_disabled_subscription_is_switched_on_again(rest: Rest, pagerduty: PagerDuty) -> None:
    pagerduty.subscription.disabled = True

    assert await rest.enable(pagerduty.subscription.id) is None
    assert await rest.enable("PNOBODY") == Unanswered("not_found")
    assert not pagerduty.subscription.disabled
