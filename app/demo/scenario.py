"""`python -m app.demo.scenario`: the program that plays the outage of the demo, begun without haste."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import Final

import click

SOURCE_KEY: Final = "DEMO_SOURCE_KEY"
ACTIVITY_KEY: Final = "DEMO_ACTIVITY_KEY"
# Nobody signs in sooner, and until then the web needs the processors to start.
BEGIN_AFTER: Final = timedelta(seconds=4)


@click.command()
@click.argument("base_url")
@click.option("--run", "number", required=True, help="What sets this start's outage apart from others.")
@click.option("--quiet", is_flag=True, help="Report what is counted, and let nothing go wrong.")
def main(base_url: str, number: str, quiet: bool) -> None:
    """Report to the Opsbook at BASE_URL, with the keys of the environment, and play an outage."""
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
    keys = (os.environ[SOURCE_KEY], os.environ[ACTIVITY_KEY])
    asyncio.run(stage.run(found.database_url, base_url, keys, None if quiet else number))


if __name__ == "__main__":
    main()
