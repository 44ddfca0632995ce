from collections.abc import AsyncIterator

import pytest

from app.outside import http


@pytest.fixture
async def client() -> AsyncIterator[http.Client]:
    async with http.opened() as client:
        yield client
