from __future__ import annotations

import pytest
from sqlalchemy import select

from app.incidents import metrics
from app.incidents.metrics.figures import INCIDENT
from tests.app.incidents.metrics.cases import GOLDEN, play
from tests.app.incidents.world import World

pytestmark = pytest.mark.anyio


async def test_the_figures_of_every_incident_equal_the_golden_file(world: World) -> None:
    numbers = await play(world)
    statement = select(*(one.label(name) for name, one in metrics.figures_of_one().items()))

    async with world.database.engine.connect() as connection:
        found = {
            name: dict((await connection.execute(statement.where(INCIDENT.id == number))).mappings().one())
            for name, number in numbers.items()
        }

    assert found == GOLDEN
