from __future__ import annotations

import asyncio
import json

from app.incidents import intake, mappings, sources
from app.incidents.intake import Delivery
from app.incidents.intake.formats import FORMATS
from app.security.permissions import SYSTEM
from app.storage.engine import Database
from tests.app.cli.shell import Shell

TOLD = {"summary": "name", "dedup_key": "uid"}
BODY = json.dumps({"name": "The disk is full", "uid": 7})


def fail(shell: Shell) -> None:
    """Send what its source cannot read, and mend that."""

    async def fail() -> None:
        database = await Database.open(shell.url)
        async with database.unit_of_work() as work:
            number, key = await sources.add(work, SYSTEM, name="shop", sends="json")
        read, parts = FORMATS["json"]
        sent = Delivery(key=key, sends="json", read=read, parts=parts, body=BODY.encode(), content_type="")
        async with database.unit_of_work() as work:
            await intake.receive(work, [sent])
            await mappings.declare(work, SYSTEM, number, told=TOLD, example=BODY)
        await database.close()

    asyncio.run(fail())


def test_what_failed_is_listed_tried_and_replayed_once(shell: Shell) -> None:
    fail(shell)

    (failed,) = shell.json("inbound", "list")
    found = [
        shell.json("inbound", "replay", str(failed["id"]), *options)[0]["outcome"]
        for options in (["--dry-run"], [], [])
    ]

    assert (failed["source"], failed["times"]) == ("shop", 1)
    assert found == ["readable", "replayed", "replayed before"]
    assert shell.json("inbound", "list") == []
