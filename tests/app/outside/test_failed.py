import json
from datetime import timedelta

import pytest

from app.outside import failed, http
from app.outside.failed import Failed
from app.outside.json_api import encoded


@pytest.mark.parametrize(
    ("status", "kind", "permanent", "may_have_arrived"),
    [
        (301, "moved", True, False),
        (400, "invalid", True, False),
        (401, "unauthenticated", True, False),
        (403, "forbidden", True, False),
        (404, "not_found", True, False),
        (410, "gone", True, False),
        (418, "unexpected_answer", False, True),
        (420, "throttled", False, False),
        (422, "invalid", True, False),
        (429, "throttled", False, False),
        (500, "server_error", False, True),
        (503, "server_error", False, True),
    ],
)
def test_a_status_says_whether_to_ask_again_and_what_may_have_happened(
    status: int, kind: str, permanent: bool, may_have_arrived: bool
) -> None:
    found = failed.of_answer(http.Answer(status, {"Retry-After": "7"}, b""), {})

    assert (found.kind, found.permanent, found.may_have_arrived) == (kind, permanent, may_have_arrived)
    assert (found.status, found.retry_after) == (status, timedelta(seconds=7))


@pytest.mark.parametrize(
    ("kind", "may_have_arrived"),
    [
        ("timeout", True),
        ("connection_reset", True),
        ("connection_refused", False),
        ("dns", False),
        ("tls", False),
    ],
)
def test_no_answer_says_whether_the_request_may_have_got_there(
    kind: http.FailureKind, may_have_arrived: bool
) -> None:
    found = failed.of_failure(http.Failure(kind), {kind: "Look at the cable."})

    assert found == Failed(kind, permanent=False)
    assert (found.may_have_arrived, found.remedy) == (may_have_arrived, "Look at the cable.")


def test_half_a_surrogate_pair_is_no_reason_to_raise() -> None:
    assert json.loads(encoded({"title": "half \ud83d"})) == {"title": "half \ud83d"}
