"""`python -m app.demo.scenario`: the program that plays the outage of the demo, begun without haste."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import Final

import click

SOURCE_KEY: Final = "DEMO_SOURCE_KEY"
# Nobody signs in sooner, and until then the web needs the processors to start.
BEGIN_AFTER: Final = timedelta(seconds=4)


@click.command()
@click.argument("base_url")
@click.option("--run", "number", required=True, help="What sets this start's outage apart from others.")
def main(base_url: str, number: str) -> None:
    """Play an outage against the Opsbook at BASE_URL; the source's key comes in DEMO_SOURCE_KEY."""
    time.sleep(BEGIN_AFTER.total_seconds())
    import asyncio

    from app import settings
    from app.demo import stage
    from app.errors import Misconfigured
    from app.observability import logs

    found = settings.read()
    logs.configure(found.log_format, "scenario")
    if found.database_url is None:
        raise Misconfigured("OPSBOOK_DATABASE_URL is not set. `opsbook up --demo` sets it.")
    asyncio.run(stage.run(found.database_url, base_url, os.environ[SOURCE_KEY], number))


if __name__ == "__main__":
    main()
