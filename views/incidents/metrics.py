"""How quickly incidents are answered over time: a window beside the one before it, and the same as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import InvalidInput
from app.spreadsheets import Column, Kind, Sheet, attachment
from views.formats import SEVERITIES
from views.frame import Frame
from views.incidents import figures
from views.rendering import page
from views.running import Values, ask, framed
from views.times import moment

ADDRESS = "/incidents/metrics"
PRESETS = {"7": "7 days", "28": "4 weeks", "90": "90 days", "365": "A year"}
USUAL = "90"
PERIODS = ("DAY", "WEEK", "MONTH")
UNPROCESSABLE = 422
COUNTS = (
    "incidents",
    "timeoutEscalationCount",
    "manualEscalationCount",
    "totalInterruptions",
    "sleepHourInterruptions",
)
DURATIONS = {
    "secondsToFirstAck": ("count", "mean", "median", "p90"),
    "secondsToResolve": ("count", "mean", "median", "p90"),
}
SHEET = Sheet(
    [
        Column("of", Kind.TEXT),
        Column("name", Kind.TEXT),
        Column("begins", Kind.TIME),
        Column("ends", Kind.TIME),
        Column("window", Kind.TEXT),
        *(Column(name, Kind.INTEGER) for name in COUNTS),
        *(
            Column(f"{name} {part}", Kind.INTEGER if part == "count" else Kind.DECIMAL)
            for name, parts in DURATIONS.items()
            for part in parts
        ),
        Column("escalationLatenessSeconds", Kind.DECIMAL),
    ]
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: a preset in days, or dates of the viewer's; `to` is the last one of them."""

    days: str = USUAL
    begins: date | None = None
    ends: date | None = None
    every: str = ""
    severity: str = ""
    source: str = ""

    @classmethod
    def read(cls, given: QueryParams) -> Asked:
        """Read an address. What is not known is left out."""
        days, every, severity = (given.get(name, "") for name in ("days", "every", "severity"))
        return cls(
            days if days in PRESETS else USUAL,
            _date(given.get("from", "")),
            _date(given.get("to", "")),
            every if every in PERIODS else "",
            severity if severity in SEVERITIES else "",
            given.get("source", ""),
        )

    def query(self) -> str:
        """The same as the query of an address."""
        given = {
            "days": "" if self.days == USUAL or self.has_dates else self.days,
            "from": self.begins.isoformat() if self.begins else "",
            "to": self.ends.isoformat() if self.ends else "",
            "every": self.every,
            "severity": self.severity,
            "source": self.source,
        }
        found = urlencode({name: value for name, value in given.items() if value})
        return f"?{found}" if found else ""

    def without_dates(self) -> str:
        """The address that asks for the preset instead."""
        return ADDRESS + replace(self, begins=None, ends=None).query()

    @property
    def has_dates(self) -> bool:
        """Whether dates are asked for and not a preset."""
        return self.begins is not None or self.ends is not None

    def variables(self, frame: Frame) -> dict[str, Any]:
        """What the operation is asked with."""
        begins, ends = _midnight(self.begins, frame.zone), _midnight(self.ends, frame.zone, later=1)
        if not self.has_dates and frame.now is not None:
            begins = frame.now - timedelta(days=int(self.days))
        return {
            "from": begins.isoformat() if begins else None,
            "to": ends.isoformat() if ends else None,
            "every": self.every or None,
            "severity": [self.severity] if self.severity else None,
            "source": self.source or None,
            "zone": frame.zone.key,
        }


async def show(request: Request) -> Response:
    """`GET /incidents/metrics`."""
    asked = Asked.read(request.query_params)
    frame, _ = await framed(request, None, section="metrics")
    context = {"frame": frame, "asked": asked, "presets": PRESETS, "periods": PERIODS}
    try:
        answer = await ask(request, "incident_metrics", **asked.variables(frame))
    except InvalidInput as error:
        errors = [{"field": "from", "message": error.message}]
        context |= {"errors": errors, "sources": [], **context_of(frame, None, asked)}
        return page(request, "incidents/metrics.html", context, block="results", status=UNPROCESSABLE)
    context |= {"errors": [], "sources": answer["sources"], **context_of(frame, answer, asked)}
    return page(request, "incidents/metrics.html", context, block="results")


def context_of(frame: Frame, answer: Values | None, asked: Asked) -> dict[str, Any]:
    """What the template shows of an answer."""
    found = answer["incidentMetrics"] if answer else None
    if found is None:
        return {"found": None, "tiles": [], "pictures": [], "csv": ""}
    return {
        "found": found,
        "csv": f"{ADDRESS}.csv{asked.query()}",
        "tiles": figures.tiles(found["whole"], lambda group: address(group, asked)),
        "pictures": figures.pictures(found, frame.zone, lambda group: address(group, asked)),
        "listed": lambda group, **common: address(group, replace(asked, **common)),
    }


def address(group: Values, asked: Asked) -> str:
    """The list of the incidents that a group's figures are of."""
    given = {"from": group["begins"], "to": group["ends"], "severity": asked.severity, "source": asked.source}
    return f"/incidents?{urlencode({name: value for name, value in given.items() if value}, safe=':')}"


async def as_csv(request: Request) -> Response:
    """`GET /incidents/metrics.csv`: all groups, each in this window and in the one before it."""
    asked = Asked.read(request.query_params)
    frame, _ = await framed(request, None, section="metrics")
    answer = await ask(request, "incident_metrics", **asked.variables(frame))
    rows = _rows(answer["incidentMetrics"], frame.zone) if answer["incidentMetrics"] else ()
    headers = {
        "content-disposition": attachment("incident metrics", "csv"),
        "cache-control": "no-store",
    }
    return Response(b"".join(SHEET.chunks(rows)), media_type="text/csv", headers=headers)


def _rows(found: Values, zone: ZoneInfo) -> Iterator[list[object]]:
    groups = [("whole", "", found["whole"])]
    groups += [("severity", one["severity"], one) for one in found["bySeverity"]]
    groups += [("source", one["source"] or figures.DECLARED, one) for one in found["bySource"]]
    groups += [(found["every"].lower(), _day(one, zone), one) for one in found["periods"]]
    length = moment(found["triggeredBefore"]) - moment(found["triggeredAfter"])
    for of, name, group in groups:
        for side, earlier in (("now", timedelta()), ("before", length)):
            times = [moment(group[border]) - earlier for border in ("begins", "ends")]
            yield [of, name, *times, side, *_cells(group[side])]


def _day(period: Values, zone: ZoneInfo) -> str:
    return moment(period["begins"]).astimezone(zone).date().isoformat()


def _cells(one: Mapping[str, Any]) -> Iterator[object]:
    yield from (one[name] for name in COUNTS)
    for name, parts in DURATIONS.items():
        for part in parts:
            value = one[name][part]
            yield value if part == "count" else _decimal(value)
    yield _decimal(one["escalationLatenessSeconds"])


def _decimal(seconds: float | None) -> Decimal | None:
    return None if seconds is None else Decimal(f"{seconds:.3f}")


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date | None, zone: ZoneInfo, *, later: int = 0) -> datetime | None:
    try:
        following = day + timedelta(days=later) if day else None
        return datetime.combine(following, time(), zone).astimezone(UTC) if following else None
    except OverflowError:
        return None


routes = [Route(ADDRESS, show), Route(f"{ADDRESS}.csv", as_csv)]
