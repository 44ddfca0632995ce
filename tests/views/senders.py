"""What the pages of alert sources show, in each of their states."""

from __future__ import annotations

from tests.views.samples import Json, at, frame
from views.settings.source import PLACES

SOURCE_KEY = "4f1c9e02b7d84a6fa0c35d1e88f2b960"
SOURCES: list[Json] = [
    {
        "id": "1",
        "name": "prometheus-eu",
        "format": "alertmanager",
        "createdAt": at(-8000000),
        "createdBy": "Ivan Petrov",
        "url": "https://ops.example.com/ingest/alertmanager/prometheus-eu",
        "lastSeenAt": at(96),
        "revokedAt": None,
        "heartbeat": None,
    },
    {
        "id": "2",
        "name": "pager-legacy",
        "format": "pagerduty",
        "createdAt": at(-9000000),
        "createdBy": "Ivan Petrov",
        "url": "https://ops.example.com/v2/enqueue",
        "lastSeenAt": None,
        "revokedAt": at(-100),
        "heartbeat": None,
    },
]
BEAT: Json = {
    "everySeconds": 3600,
    "graceSeconds": 0,
    "severity": "error",
    "scope": None,
    "lastBeatAt": at(-60),
    "dueAt": at(3600),
    "missedAt": None,
}
JOB: Json = SOURCES[0] | {"id": "3", "name": "nightly-backup", "format": "heartbeat", "heartbeat": BEAT}
SILENT: Json = JOB | {"id": "4", "heartbeat": BEAT | {"dueAt": None, "missedAt": at(-5)}}
UNHEARD: Json = JOB | {"id": "5", "heartbeat": BEAT | {"lastBeatAt": None, "dueAt": None}}
DUE: Json = {
    "frame": frame(section="sources"),
    "given": {"everySeconds": "3600", "graceSeconds": "0", "severity": "error", "scope": ""},
    "errors": (),
}
MAPPED: Json = SOURCES[0] | {"name": "shop-monitor", "format": "json", "mapping": {}, "mappingExample": ""}
MAPPED_AS: Json = {
    **dict.fromkeys(
        ("status", "scope", "source", "component", "group_key", "timestamp", "link", "items"), ""
    ),
    "summary": "alert.name",
    "dedup_key": "alert.uid",
    "severity": "alert.level",
    "severity_words": "P1 = critical",
    "status_words": "",
    "example": '{"alert": {}}',
}
MAPPED_ALERTS: list[Json] = [
    {
        "action": "trigger",
        "dedupKey": "7",
        "groupKey": "disks",
        "summary": "The disk is full",
        "origin": "db-1",
        "severity": "critical",
        "component": "storage",
        "verdict": "S1",
        "reason": "S1 because of an alert of severity critical that does not say what it is about",
    },
    {
        "action": "resolve",
        "dedupKey": "8",
        "groupKey": "8",
        "summary": "",
        "origin": "",
        "severity": "error",
        "component": None,
        "verdict": None,
        "reason": None,
    },
]

SENDERS: dict[str, tuple[str, Json]] = {
    "sources": (
        "settings/sources.html",
        {"frame": frame(section="sources"), "sources": [*SOURCES, JOB, SILENT]},
    ),
    "sources-empty": ("settings/sources.html", {"frame": frame(section="sources"), "sources": ()}),
    "source-new": (
        "settings/source_new.html",
        {
            "frame": frame(section="sources"),
            "given": {"name": "", "format": "alertmanager"},
            "errors": (),
        },
    ),
    "source-mapping": (
        "settings/source.html",
        {
            "frame": frame(section="sources"),
            "source": MAPPED,
            "given": MAPPED_AS,
            "places": PLACES,
            "alerts": MAPPED_ALERTS,
            "errors": [{"field": "severity", "message": "severity: write a path."}],
        },
    ),
    "source-created": (
        "settings/source_created.html",
        {
            "frame": frame(section="sources"),
            "source": SOURCES[0],
            "key": SOURCE_KEY,
            "example": "receivers:\n  - name: opsbook",
        },
    ),
    "source-heartbeat": ("settings/heartbeat.html", DUE | {"source": JOB}),
    "source-heartbeat-missed": ("settings/heartbeat.html", DUE | {"source": SILENT}),
    "source-heartbeat-new": (
        "settings/heartbeat.html",
        DUE | {"source": UNHEARD, "errors": [{"field": "everySeconds", "message": "Write whole seconds."}]},
    ),
}
