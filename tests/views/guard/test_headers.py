from __future__ import annotations

import pytest

from tests.views.guard.conftest import Inner, ask
from views.guard.headers import SecurityHeaders

pytestmark = pytest.mark.anyio

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Source: the rules of Google's CSP Evaluator. Of 'self' it says that a host may serve others' scripts: ours
# serves none.
NEEDED = {"base-uri", "frame-ancestors", "form-action"}
DEPRECATED = {"plugin-types", "block-all-mixed-content", "prefetch-src", "referrer", "reflected-xss"}
LOOSE = {
    "'unsafe-inline'",
    "'unsafe-eval'",
    "'unsafe-hashes'",
    "*",
    "http:",
    "https:",
    "data:",
    "blob:",
}


async def test_every_answer_carries_the_strict_policy_and_its_companions() -> None:
    answer = await ask(SecurityHeaders(Inner(), https=False))

    assert answer["content-security-policy"] == POLICY
    assert answer["x-content-type-options"] == "nosniff"
    assert answer["referrer-policy"] == "same-origin"
    assert answer["cross-origin-opener-policy"] == "same-origin"
    assert answer["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in answer["permissions-policy"]


async def test_an_evaluator_of_policies_finds_nothing() -> None:
    answer = await ask(SecurityHeaders(Inner(), https=False))
    policy = {
        name: set(values)
        for name, *values in (part.split() for part in answer["content-security-policy"].split(";"))
    }

    assert policy["default-src"] == {"'none'"}
    assert policy.keys() >= NEEDED
    assert DEPRECATED & policy.keys() == set()
    assert LOOSE & policy["script-src"] == set()
    assert all("." not in value and "/" not in value for values in policy.values() for value in values)


async def test_no_page_can_loosen_the_policy_or_name_the_server() -> None:
    inner = Inner(headers=[("Content-Security-Policy", "default-src *"), ("Server", "secret/1.0")])

    answer = await ask(SecurityHeaders(inner, https=False))

    assert answer["content-security-policy"] == POLICY
    assert answer.all("server") == []


async def test_what_says_nothing_about_caching_is_kept_nowhere() -> None:
    answer = await ask(SecurityHeaders(Inner(), https=False))

    assert answer["cache-control"] == "no-store"


async def test_a_file_with_a_hashed_name_may_be_kept_for_ever() -> None:
    inner = Inner(headers=[("Cache-Control", "public, max-age=31536000, immutable")])

    answer = await ask(SecurityHeaders(inner, https=False))

    assert answer["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(("https", "sent"), [(True, ["max-age=63072000; includeSubDomains"]), (False, [])])
async def test_browsers_are_told_to_stay_on_https_only_where_there_is_https(
    https: bool, sent: list[str]
) -> None:
    answer = await ask(SecurityHeaders(Inner(), https=https))

    assert answer.all("strict-transport-security") == sent
