"""The general worker's round for what is owed after an incident: file retrospectives and read them back."""

from __future__ import annotations

from functools import partial

from app.assembly import House
from app.incidents import retrospective
from jobs.sweep import Round

RETROSPECTIVES = "retrospectives"


def rounds(house: House) -> list[Round]:
    """What the general worker looks for."""
    return [Round(RETROSPECTIVES, partial(file_retrospectives, house))]


async def file_retrospectives(house: House) -> int:
    """File the issues that are due."""
    return await retrospective.file_due(house.database, house.github, house.settings.base_url)
