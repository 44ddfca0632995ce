"""`opsbook trends`: how the streams of the activity feed stand."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from app.activity import counting, trends
from app.activity.trends import TrendLine
from app.assembly import House
from app.cli._context import asynchronous, data_option, json_option, opened
from app.cli._table import cell, moment, table
from app.errors import NotFound


@click.command(
    "trends",
    epilog="\b\nExamples:\n  opsbook trends --stream checkout --json\n  opsbook trends --check",
)
@click.option("--stream", help="One stream alone.")
@click.option("--check", is_flag=True, help="Recount every minute from the feed instead; reads all of it.")
@json_option
@data_option
@asynchronous
async def show(stream: str | None, check: bool, as_json: bool, data: Path | None) -> None:
    """Print the state of each stream against what is usual now, the worst first."""
    async with opened(data) as house:
        if check:
            await _check(house, as_json=as_json)
            return
        async with house.database.reading() as connection:
            lines = await trends.read(connection, stream=stream)
    if stream is not None and not lines:
        raise NotFound(f"There is no stream {stream!r}. See `opsbook trends`.")
    if as_json:
        click.echo(json.dumps([_values(line) for line in lines]))
    else:
        _print(lines)


def _print(lines: Sequence[TrendLine]) -> None:
    heading = ["stream", "state", "of usual", "a minute", "usual", "threshold", "finding"]
    rows = []
    for line in lines:
        judged = line.judgement
        usual = None if judged.expected is None else f"{judged.expected:.4g} ± {judged.spread:.3g}"
        ratio = None if judged.ratio is None else f"{judged.ratio:.0%}"
        figures = [f"{judged.value:.4g}", usual, line.threshold]
        rows.append([cell(one) for one in (line.stream, judged.state, ratio, *figures, line.finding)])
    table(heading, rows)


def _values(line: TrendLine) -> dict[str, object]:
    judged = line.judgement
    return {
        "stream": line.stream,
        "state": judged.state,
        "counts_as": line.counts_as,
        "ratio": judged.ratio,
        "z_score": judged.z_score,
        "slope": judged.slope,
        "value": judged.value,
        "expected": judged.expected,
        "spread": judged.spread,
        "threshold": line.threshold,
        "finding": line.finding,
    }


async def _check(house: House, *, as_json: bool) -> None:
    """Print the minutes whose count is not what the feed says; exit code 1 when there is one."""
    async with house.database.unit_of_work() as work:
        found = await counting.drift(work)
    if as_json:
        shown = [asdict(one) | {"minute": one.minute.isoformat()} for one in found]
        click.echo(json.dumps(shown))
    elif found:
        table(["stream", "minute", "told", "counted"], [_row(one) for one in found])
    else:
        click.echo("Every minute that the feed holds is counted as it says.")
    sys.exit(1 if found else 0)


def _row(one: counting.Drift) -> list[str]:
    return [one.stream, moment(one.minute), f"{one.told:g}", f"{one.counted:g}"]
