import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.outside import http
from app.outside.failed import Failed
from app.outside.secret import Secret
from app.outside.statuspage import incidents
from app.outside.statuspage.incidents import Found, Published, Update
from app.outside.statuspage.page import Page
from tests.fakes import raw
from tests.fakes import statuspage as fake

pytestmark = pytest.mark.anyio


async def test_wrong_token_is_named_and_not_quoted(
    client: http.Client, theirs: fake.Statuspage, update: Update
) -> None:
    ours = Page.of(client, theirs.url, Secret("wrong-token"), theirs.page_id)

    outcome = await incidents.publish(ours, update)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.permanent, outcome.reason) == (
        "unauthenticated",
        True,
        "Could not authenticate",
    )
    assert "OPSBOOK_STATUSPAGE_TOKEN" in outcome.remedy
    assert "wrong-token" not in repr(outcome) + repr(ours)


async def test_wrong_page_is_named(client: http.Client, theirs: fake.Statuspage, update: Update) -> None:
    outcome = await incidents.publish(Page.of(client, theirs.url, Secret(theirs.token), "a/b"), update)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.permanent) == ("not_found", True)
    assert "OPSBOOK_STATUSPAGE_PAGE_ID" in outcome.remedy


@pytest.mark.parametrize(("told", "kept_to"), [(7, timedelta(seconds=7)), (None, timedelta(seconds=60))])
async def test_one_request_a_second_is_kept_to(
    ours: Page, theirs: fake.Statuspage, update: Update, told: int | None, kept_to: timedelta
) -> None:
    theirs.limit.calls, theirs.faults.retry_after = 0, told

    outcome = await incidents.publish(ours, update)
    again = await incidents.publish(ours, update)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.permanent, outcome.retry_after) == ("throttled", False, kept_to)
    assert isinstance(again, Failed)
    assert again.retry_after
    assert kept_to - timedelta(seconds=2) < again.retry_after <= kept_to
    assert len(theirs.calls) == 1


async def test_statuspage_that_hangs_is_given_up(
    ours: Page, theirs: fake.Statuspage, update: Update, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.outside.json_api.TIMEOUT", timedelta(seconds=0.1))
    theirs.faults.always = "hang"

    outcome = await incidents.publish(ours, update)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.permanent) == ("timeout", False)


async def test_requests_are_authorised_as_statuspage_wants(client: http.Client, update: Update) -> None:
    async with raw.answering(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") as server:
        await incidents.publish(Page.of(client, server.url, Secret("k3y"), "p1"), update)

    assert server.heads[0].startswith("GET /v1/pages/p1/incidents/unresolved")
    assert "Authorization: OAuth k3y" in server.heads[0]


NAMES = st.sampled_from(["id", "status", "metadata", "opsbook", "incident", "update", "shortlink", "error"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just("opsbook:incident:123"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
BODIES = st.binary(max_size=30) | VALUES.map(lambda value: json.dumps(value).encode())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, status=st.sampled_from([200, 201, 302, 401, 403, 404, 420, 422, 500]))
async def test_whatever_is_answered_nothing_raises(
    client: http.Client, update: Update, body: bytes, status: int
) -> None:
    head = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    async with raw.answering(head + body) as server:
        outcome: Any = await incidents.publish(Page.of(client, server.url, Secret("t"), "p1"), update)

    assert isinstance(outcome, Published | Found | Failed)
