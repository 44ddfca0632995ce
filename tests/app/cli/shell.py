"""Types `opsbook` commands against one database, in this process."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from app.cli import main


class Shell:
    """One environment; `type` gives all that came of a command, `printed` and `json` what a good one says."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self.url = database_url
        self.environ: dict[str, str | None] = {
            "OPSBOOK_DATABASE_URL": database_url,
            "OPSBOOK_REDIS_URL": redis_url,
            "OPSBOOK_SECRET_KEY": "k" * 32,
            "OPSBOOK_BASE_URL": "https://ops.example",
        }

    def type(self, *words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, words, env=self.environ, input=stdin)

    def printed(self, *words: str) -> str:
        result = self.type(*words)
        assert result.exit_code == 0, result.output
        return result.stdout.strip()

    def json(self, *words: str) -> Any:
        return json.loads(self.printed(*words, "--json"))
