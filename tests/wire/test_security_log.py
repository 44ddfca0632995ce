"""What the log says of who came, who was refused and why. Source: OWASP ASVS 5.0, 16.2 and 16.3."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.wire.conftest import HTML, Town, furnish
from tests.wire.door import enter

pytestmark = pytest.mark.anyio

Lines = list[MutableMapping[str, Any]]
WRONG = "five words make none"


@pytest.fixture
def lines() -> Iterator[Lines]:
    with capture_logs() as found:
        yield found


def said(lines: Lines, event: str) -> list[dict[str, Any]]:
    return [{key: one[key] for key in one if key != "event"} for one in lines if one["event"] == event]


async def test_who_signs_in_is_logged_and_how(gated_town: Town, lines: Lines) -> None:
    await enter(gated_town, "olive", address="198.51.100.7")

    olive = f"person:{gated_town.ids['olive']}"
    expected = {"by": "password", "account": olive, "address": "198.51.100.7", "log_level": "info"}
    assert said(lines, "signed_in") == [expected]


async def test_whoever_is_refused_is_logged_without_what_they_tried(gated_town: Town, lines: Lines) -> None:
    await enter(gated_town, "olive", WRONG)
    await enter(gated_town, "stranger", WRONG)
    await gated_town.post("/sign-in/link", None, {"key": "none"})

    refused = [(one["by"], one.get("account")) for one in said(lines, "sign_in_refused")]
    olive = f"person:{gated_town.ids['olive']}"
    assert refused == [("password", olive), ("password", "nobody"), ("link", None)]
    assert "stranger" not in str(lines)


async def test_guessing_is_logged(gated_town: Town, lines: Lines) -> None:
    for _ in range(6):
        await enter(gated_town, "olive", WRONG, address="198.51.100.7")

    (refused,) = said(lines, "tries_refused")
    assert (refused["purpose"], refused["address"], refused["seconds"]) == ("password", "198.51.100.7", 1)


async def test_a_refused_permission_is_logged_with_who_wanted_it(own_town: Town, lines: Lines) -> None:
    await furnish(own_town)

    await own_town.post("/settings/people", "olive", {"name": "W", "email": "w@example.com"})
    await own_town.post("/incidents/1/acknowledgement", "nora")

    people = {one["actor"]: one["needs"] for one in said(lines, "permission_refused")}
    olive, nora = (f"person:{own_town.ids[who]}" for who in ("olive", "nora"))
    assert people == {olive: "admin", nora: "incidents:write"}


async def test_the_line_of_a_request_says_when_where_who_and_what(town: Town, lines: Lines) -> None:
    answer = await town.ask("GET", "/settings?secret=1", "olive", headers=HTML)
    await town.ask("GET", "/settings", headers=HTML)

    first, second = said(lines, "request")
    assert first["actor"] == f"person:{town.ids['olive']}"
    assert second["actor"] == "nobody"
    assert (first["method"], first["path"], first["status"]) == ("GET", "/settings", 200)
    assert first["request_id"] == answer["x-request-id"]
