from __future__ import annotations

import gzip
import json
from typing import Any

from starlette.requests import Request

from tests.views.contexts import PAGES
from tests.views.samples import at
from views import flash
from views.flash import Toast
from views.frame import GROUPS, OnCall, Readiness, bare, frame
from views.rendering import done, page, triggers
from views.times import moment

ANSWER: dict[str, Any] = {
    "now": at(60),
    "me": {
        "scopes": ["incidents:read"],
        "person": {"name": "Olive Okafor", "email": "olive@example.com", "timeZone": "Asia/Tokyo"}
        | {"roles": []},
    },
    "incidents": {"nodes": [{"severity": "S2"}, {"severity": "S1"}]},
    "pagesInTrouble": [],
    "onCall": [],
    "pagerdutyReadiness": [
        {"name": "operator: enabled", "passed": True, "detail": "The service is enabled."},
        {"name": "operator: on call", "passed": True, "detail": "On call: Olive Okafor."},
    ],
}


def request(cookies: str = "", *, method: str = "GET", **headers: str) -> Request:
    given = {"cookie": cookies, **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode()) for name, value in given.items() if value]
    return Request({"type": "http", "method": method, "path": "/", "query_string": b"", "headers": raw})


def test_a_browser_gets_the_whole_page() -> None:
    template, context = PAGES["paged"]

    answer = page(request(), template, context, block="head")

    assert bytes(answer.body).startswith(b"<!doctype html>")
    assert answer.headers["vary"] == "HX-Request, Accept-Encoding"
    assert answer.headers["cache-control"] == "no-store"


def test_a_page_is_packed_for_whoever_can_unpack_it_but_no_answer_to_a_post() -> None:
    template, context = PAGES["source-created"]

    got = page(request(accept_encoding="gzip, br"), template, context)
    posted = page(request(method="POST", accept_encoding="gzip, br"), template, context)

    assert gzip.decompress(bytes(got.body)) == bytes(posted.body)
    assert got.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in posted.headers


def test_htmx_gets_one_block_of_it() -> None:
    template, context = PAGES["paged"]

    answer = page(request(hx_request="true"), template, context, block="head", status=409)

    assert bytes(answer.body).strip().startswith(b'<div class="incident" id="head"')
    assert answer.status_code == 409


def test_a_command_sends_a_browser_on_with_a_toast_for_the_next_page() -> None:
    answer = done(request(), "/incidents/7", Toast("Café saved."))
    cookie = answer.headers["set-cookie"].split(";")[0]

    left = flash.read(request(cookie))

    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents/7")
    assert left == Toast("Café saved.")


def test_a_toast_is_forgotten_once_a_page_has_shown_it() -> None:
    template, context = PAGES["sent"]

    answer = page(request(f"{flash.COOKIE}=x"), template, context)

    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_a_broken_toast_is_none() -> None:
    assert flash.read(request(f"{flash.COOKIE}=%7B")) is None
    assert flash.read(request(f"{flash.COOKIE}=12")) is None
    assert flash.read(request()) is None


def test_a_command_tells_htmx_to_close_the_dialog_and_refresh() -> None:
    answer = done(request(hx_request="true"), "/incidents/7", Toast("Escalated."), live=["incident"])

    assert answer.status_code == 204
    assert json.loads(answer.headers["hx-trigger"]) == {
        "live:incident": True,
        "toast": {"text": "Escalated.", "level": "ok"},
        "dialog:close": {"href": "/incidents/7"},
    }


def test_nothing_to_say_is_no_header() -> None:
    assert triggers() == {}


def test_the_frame_says_how_many_incidents_are_open_and_how_bad_the_worst_is() -> None:
    around = frame(request(), ANSWER, section="incidents")

    assert (around.open_count, around.worst) == (2, "S1")


def test_the_frame_says_who_is_on_call_or_why_a_page_might_fail() -> None:
    checks = ANSWER["pagerdutyReadiness"]
    broken = [*checks, {"name": "webhook", "passed": False, "detail": "The webhook is disabled."}]

    ready = frame(request(), ANSWER, section="").readiness
    failing = frame(request(), ANSWER | {"pagerdutyReadiness": broken}, section="").readiness
    unasked = frame(request(), ANSWER | {"pagerdutyReadiness": []}, section="").readiness

    assert ready == Readiness(True, "On call: Olive Okafor.")
    assert failing == Readiness(False, "The webhook is disabled.")
    assert unasked is None


def test_the_frame_names_the_operator_on_call_whoever_else_is() -> None:
    until = "2026-11-30T08:00:00Z"
    operator, other = [{"role": one, "name": one, "endsAt": until} for one in ("OPERATOR", "POLICY_OWNER")]

    several = frame(request(), ANSWER | {"onCall": [other, operator]}, section="").on_call
    none = frame(request(), ANSWER | {"onCall": [other]}, section="").on_call

    assert several == OnCall("OPERATOR", moment(until))
    assert none is None


def test_the_cookie_decides_the_time_zone_and_the_account_where_there_is_none() -> None:
    assert frame(request("__Host-tz=Europe/Berlin"), ANSWER, section="").zone.key == "Europe/Berlin"
    assert frame(request(), ANSWER, section="").zone.key == "Asia/Tokyo"


def test_the_theme_is_one_of_two_or_the_systems() -> None:
    assert [bare(request(f"__Host-theme={word}")).theme for word in ("dark", "light", "pink")] == [
        "dark",
        "light",
        None,
    ]


def test_a_place_that_needs_a_scope_is_shown_to_nobody_without_it() -> None:
    around = frame(request(), ANSWER, section="")

    shown = {place.section for places in around.places.values() for place in places}

    assert shown == {p.section for group in GROUPS.values() for p in group if p.scope == "incidents:read"}
