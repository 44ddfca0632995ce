"""`opsbook bench`: the benchmark kit. Each figure is a ratio or a limit, measured on private engines."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import click

from app.embedded import running

# name -> the module in `benchmarks/` whose `run(engines)` says whether every demand was met
BENCHMARKS = {
    "activity": "benchmarks.activity",
    "graphql": "benchmarks.graphql_reads",
    "outgoing": "benchmarks.outgoing",
    "pages": "benchmarks.pages",
    "paging": "benchmarks.paging",
}


@click.command(epilog="\b\nExamples:\n  opsbook bench\n  opsbook bench paging")
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS)))
def bench(names: tuple[str, ...]) -> None:
    """Measure this release; exit code 1 when a demand is not met."""
    met = [_measure(name) for name in names or BENCHMARKS]
    sys.exit(0 if all(met) else 1)


def _measure(name: str) -> bool:
    import uvloop

    click.echo(f"{name}:")
    with (
        tempfile.TemporaryDirectory(prefix="opsbook-bench-") as folder,
        running(Path(folder)) as engines,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,  # as web and workers run
    ):
        met: bool = runner.run(import_module(BENCHMARKS[name]).run(engines))
    return met
