from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from app.outside import http
from app.outside.github.account import GitHub
from app.outside.github.issues import Draft
from app.outside.secret import Secret
from tests.fakes import github as fake

MARKER = "opsbook:incident:123:1"


@pytest.fixture
async def theirs() -> AsyncIterator[fake.GitHub]:
    async with fake.serving() as github:
        yield github


@pytest.fixture
def ours(client: http.Client, theirs: fake.GitHub) -> GitHub:
    return GitHub.of(client, theirs.url, Secret(theirs.token), "acme/operations", "Operations")


@pytest.fixture
def draft() -> Draft:
    return Draft(
        marker=MARKER,
        title="Retrospective: OPS-123 Checkout is down",
        body="What happened, and what we learn.",
        begun_at=datetime.now(UTC),
        labels=("retrospective",),
    )
