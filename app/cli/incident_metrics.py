"""`opsbook incident metrics`: how quickly incidents are answered, beside the window before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec

from app.cli._context import asynchronous, data_option, json_option, opened
from app.cli._table import cell, moment, table
from app.incidents.metrics import Group, OverTime, read, window

DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%SZ"]
HEADING = [
    "of",
    "incidents",
    "before",
    "to acknowledge",
    "before",
    "90 %",
    "to resolve",
    "before",
    "90 %",
    "by timeout",
    "by hand",
    "interruptions",
    "sleep hours",
]


@click.command(
    epilog="\b\nExamples:\n  opsbook incident metrics\n"
    "  opsbook incident metrics --since 2026-10-01 --until 2026-11-01 --json"
)
@click.option("--since", type=click.DateTime(DATES), help="The first day, in UTC; 90 days ago if absent.")
@click.option("--until", type=click.DateTime(DATES), help="Where it ends, in UTC; now if absent.")
@json_option
@data_option
@asynchronous
async def metrics(since: datetime | None, until: datetime | None, as_json: bool, data: Path | None) -> None:
    """Print medians, escalations and interruptions of a window, beside the one before it."""
    begins, ends = (one.replace(tzinfo=UTC) if one else None for one in (since, until))
    async with opened(data) as house, house.database.unit_of_work() as work:
        found = await read(work, window(await work.now(), begins=begins, ends=ends))
    if as_json:
        click.echo(msgspec.json.encode(_values(found)).decode())
        return
    click.echo(
        f"{moment(found.window.begins)} to {moment(found.window.ends)}, beside as much time before it."
    )
    table(HEADING, [[cell(one) for one in _row(name, group)] for name, group in _groups(found)])


def _groups(found: OverTime) -> Iterator[tuple[str, Group]]:
    yield "all", found.whole
    yield from found.by_severity.items()
    for name, group in found.by_source.items():
        yield name or "declared by hand", group


def _row(name: str, group: Group) -> Iterator[object]:
    now, before = group.now, group.before
    yield from (name, f"{now.incidents}", f"{before.incidents}")
    for one, earlier in (
        (now.seconds_to_first_ack, before.seconds_to_first_ack),
        (now.seconds_to_resolve, before.seconds_to_resolve),
    ):
        yield from map(_lasted, (one.median, earlier.median, one.p90))
    yield from (f"{now.timeout_escalation_count}", f"{now.manual_escalation_count}")
    yield from (f"{now.total_interruptions}", f"{now.sleep_hour_interruptions}")


def _lasted(seconds: float | None) -> str | None:
    return None if seconds is None else str(timedelta(seconds=round(seconds)))


def _values(found: OverTime) -> dict[str, object]:
    return {
        "begins": found.window.begins,
        "ends": found.window.ends,
        "whole": found.whole,
        "by_severity": found.by_severity,
        "by_source": [{"source": name, **_sides(group)} for name, group in found.by_source.items()],
        "periods": [
            {"begins": one.begins, "ends": one.ends, **_sides(group)} for one, group in found.by_period
        ],
    }


def _sides(group: Group) -> dict[str, object]:
    return {"now": group.now, "before": group.before}
