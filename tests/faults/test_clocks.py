"""Clocks of web and pager are wrong, and summer time begins: only PostgreSQL's clock decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults import kit
from tests.faults.conftest import source
from tests.faults.trial import Trial

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
WRONG_CLOCK = """
import os, time as _time
_true = _time.time
_time.time = lambda: _true() + float(os.environ.get("AHEAD_SECONDS", "0"))
"""
SUMMER_BEGINS = datetime(2027, 3, 28, 1, tzinfo=UTC)  # in Berlin, 02:00 becomes 03:00


async def test_wrong_clocks_and_summer_time_make_nothing_early_or_late(
    database_url: str, redis_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "sitecustomize.py").write_text(WRONG_CLOCK)
    environs = {
        "web-0": wrong(tmp_path, ahead_seconds=3600),
        "worker-pager-0": wrong(tmp_path, ahead_seconds=-7200),
    }
    async with kit.running(database_url, redis_url, tmp_path, pagers=2, environs=environs) as whole:
        whole.keys["pagerduty"] = await source(database_url, "sender", "pagerduty")
        whole.pagerduty.pages.expect_anything()
        trial = Trial.of(whole, request)
        await whole.advance(SUMMER_BEGINS - timedelta(minutes=2) - whole.now())

        verdict = await trial.run()

    verdict.hold(page_within=2, escalation_within=1)


def wrong(folder: Path, *, ahead_seconds: int) -> Mapping[str, str]:
    """The variables of a process whose clock is wrong, and whose machine stands in Berlin."""
    return {"PYTHONPATH": str(folder), "AHEAD_SECONDS": str(ahead_seconds), "TZ": "Europe/Berlin"}
