"""What one process counts and times, for Prometheus.

Only what no table knows is kept in memory; pages, timers and queues are read from their rows (`rows`). With
`PROMETHEUS_MULTIPROC_DIR` set before the start, all processes that share it add up, whichever is asked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from platform import python_version
from typing import Final

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER: Final = "other"
NO_ROUTE: Final = "none"

_OWN = CollectorRegistry()
_requests = Histogram(
    "http_server_request_duration_seconds",
    "How long requests took to be answered; a stream of events counts until it begins.",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_OWN,
)
_operations = Histogram(
    "opsbook_graphql_operation_duration_seconds",
    "How long our own GraphQL operations took; whatever a client wrote itself is `other`.",
    ("operation",),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=_OWN,
)


def observe_request(*, method: str, route: str | None, status: int, took: timedelta) -> None:
    """Time one request. `route` is the template that matched (`/incidents/{number}`), never the path."""
    known = method if method in METHODS else OTHER
    _requests.labels(known, route or NO_ROUTE, str(status)).observe(took.total_seconds())


def observe_operation(operation: str | None, took: timedelta) -> None:
    """Time one GraphQL operation by its name, which must be one of our persisted ones; else pass None."""
    _operations.labels(operation or OTHER).observe(took.total_seconds())


@contextmanager
def timing(operation: str | None) -> Iterator[None]:
    """Time the GraphQL operation that runs in this block, however it ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        observe_operation(operation, timedelta(seconds=time.perf_counter() - began))


def text(also: Iterable[Metric], accept: str = "") -> tuple[bytes, str]:
    """Write everything in the format that a scraper accepts; answers the text and its media type.

    It reads files when processes share their counts: call it in a thread.
    """
    encode, media_type = choose_encoder(accept)
    return encode(_Everything(also)), media_type


class _Everything(Collector):
    """What the processes have counted, then what was read just now."""

    def __init__(self, also: Iterable[Metric]) -> None:
        self._also = also

    def collect(self) -> Iterator[Metric]:
        counted = _shared() if os.environ.get(SHARED) else _OWN
        yield from counted.collect()
        yield _build()
        yield from self._also


def _shared() -> Collector:
    return MultiProcessCollector(None)  # type: ignore[no-untyped-call] # that module has no types


@cache
def _build() -> Metric:
    family = GaugeMetricFamily(
        "opsbook_build_info", "Always 1; says what runs here.", labels=("version", "python")
    )
    family.add_metric((version("opsbook"), python_version()), 1)
    return family
