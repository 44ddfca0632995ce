"""A name server in memory. Who asks again may get another answer, as from the server of an attacker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Names:
    """For each name its answers, one for each time that it is asked; the last one stays."""

    answers: dict[str, list[list[str]]]
    asked: list[str] = field(default_factory=list)

    async def look_up(self, name: str) -> Sequence[str]:
        """Answer as the system does: others run meanwhile, and a name that is not there is an OSError."""
        self.asked.append(name)
        await asyncio.sleep(0)
        if name not in self.answers:
            raise OSError("no such name")
        answers = self.answers[name]
        return answers.pop(0) if len(answers) > 1 else answers[0]
