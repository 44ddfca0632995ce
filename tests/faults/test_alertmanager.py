"""A real Prometheus Alertmanager, not our idea of one."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from app.embedded.lifeline import tie
from tests.engines import plain
from tests.faults.kit import Whole

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
needs_alertmanager = pytest.mark.skipif(PROGRAM is None, reason="Alertmanager is not installed")

ROUTE = """
route:
  receiver: opsbook
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 300ms
  repeat_interval: 500ms
"""
WEBHOOK = """
receivers:
  - name: opsbook
    webhook_configs:
      - url: {url}/ingest/alertmanager/prometheus
        send_resolved: true
        http_config: {{authorization: {{credentials: {key}}}}}
"""
PAGERDUTY = """
receivers:
  - name: opsbook
    pagerduty_configs:
      - url: {url}/v2/enqueue
        routing_key: {key}
        send_resolved: true
"""


@contextmanager
def alertmanager(folder: Path, receivers: str) -> Iterator[str]:
    """Run Alertmanager on a free port for the length of the block; gives its address."""
    config = folder / "alertmanager.yml"
    config.write_text(ROUTE + receivers)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    assert PROGRAM is not None
    arguments = [
        f"--config.file={config}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    with (folder / "alertmanager.log").open("wb") as log:
        command = tie([PROGRAM, *arguments], death_signal=signal.SIGKILL)
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(timeout=10)


async def fire(whole: Whole, address: str, *, over: bool = False) -> None:
    """Tell Alertmanager of two alerts of one group, or that they are over."""
    now = datetime.now(UTC)
    ends = now if over else now + timedelta(hours=1)
    alerts = [
        {
            "labels": {"alertname": "CheckoutDown", "instance": host, "severity": "warning"},
            "annotations": {"summary": f"Checkout fails on {host}"},
            "startsAt": (now - timedelta(minutes=1)).isoformat(),
            "endsAt": ends.isoformat(),
        }
        for host in ("a", "b")
    ]
    async with asyncio.timeout(20):
        while True:
            try:
                async with whole.http.post(f"{address}/api/v2/alerts", json=alerts) as answer:
                    assert answer.status == 200, await answer.text()
                    return
            except OSError:
                await asyncio.sleep(0.1)


async def until(whole: Whole, statement: str, wanted: object) -> None:
    """Wait until the database answers as wanted."""
    connection = await asyncpg.connect(plain(whole.database_url))
    found = None
    try:
        async with asyncio.timeout(20):
            while (found := await connection.fetchval(statement)) != wanted:
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{statement} gave {found!r}, not {wanted!r}\n{whole.said()}") from None
    finally:
        await connection.close()


@needs_alertmanager
async def test_a_group_that_repeats_is_one_incident_and_resolves(whole: Whole, tmp_path: Path) -> None:
    receivers = WEBHOOK.format(url=whole.url, key=whole.keys["alertmanager"])
    with alertmanager(tmp_path, receivers) as address:
        await fire(whole, address)
        await whole.pagerduty.pages.expect(role="operator")
        await until(whole, "select min(count) >= 3 from alert", wanted=True)
        await fire(whole, address, over=True)
        await until(whole, "select count(*) from alert where status = 'resolved'", 2)

    await until(whole, "select count(*) from incident", 1)
    await whole.advance(timedelta(minutes=2))
    await until(whole, "select status from incident", "resolved")


@needs_alertmanager
async def test_its_pagerduty_receiver_works_with_the_url_changed(whole: Whole, tmp_path: Path) -> None:
    receivers = PAGERDUTY.format(url=whole.url, key=whole.keys["pagerduty"])
    with alertmanager(tmp_path, receivers) as address:
        await fire(whole, address)
        await whole.pagerduty.pages.expect(role="operator")
        await until(whole, "select count >= 3 from alert", wanted=True)
        await fire(whole, address, over=True)
        await until(whole, "select count(*) from alert where status = 'resolved'", 1)

    await until(whole, "select count(*) from incident", 1)
