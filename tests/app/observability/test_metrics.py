from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from app.observability import metrics

ROOT = Path(__file__).parents[3]
OBSERVE = """
from datetime import timedelta
from app.observability import metrics
metrics.observe_request(method="GET", route="/incidents", status=200, took=timedelta(milliseconds=20))
metrics.observe_operation("incident_page", timedelta(milliseconds=3))
"""
PRINT = "from app.observability import metrics; print(metrics.text([])[0].decode())"


def values(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(text):
        yield from ((one.name, one.labels, one.value) for one in family.samples)


def python(code: str, folder: Path) -> str:
    environ = {**os.environ, metrics.SHARED: str(folder)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    return done.stdout


def test_what_runs_here_is_told() -> None:
    text, media_type = metrics.text([])

    (labels,) = [labels for name, labels, value in values(text.decode()) if name == "opsbook_build_info"]
    assert set(labels) == {"version", "python"}
    assert media_type.startswith("text/plain; version=0.0.4")


def test_operations_are_timed_by_name_and_those_of_clients_together() -> None:
    with metrics.timing("incidents"), metrics.timing(None):
        pass

    text, _ = metrics.text([])
    counted = {
        labels["operation"]
        for name, labels, value in values(text.decode())
        if name == "opsbook_graphql_operation_duration_seconds_count" and value
    }
    assert {"incidents", "other"} <= counted


def test_openmetrics_is_written_for_who_asks_for_it() -> None:
    text, media_type = metrics.text([], "application/openmetrics-text;version=1.0.0")

    assert media_type.startswith("application/openmetrics-text")
    assert list(openmetrics(text.decode()))  # type: ignore[no-untyped-call] # that parser has no types


def test_processes_add_up_whichever_is_asked(tmp_path: Path) -> None:
    python(OBSERVE, tmp_path)
    python(OBSERVE, tmp_path)

    printed = python(PRINT, tmp_path)

    counted = {name: value for name, _, value in values(printed) if name.endswith("_count")}
    assert counted["http_server_request_duration_seconds_count"] == 2
    assert counted["opsbook_graphql_operation_duration_seconds_count"] == 2
    assert "opsbook_build_info" in printed
