"""The whole application over HTTP, and who calls it: an operator, the least of all tokens, and nobody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from httpx2 import AsyncClient, Response

from app.security import sessions, tokens
from app.security.permissions import SYSTEM, Scope
from tests import application

if TYPE_CHECKING:
    from tests.graphql.conftest import House

GRAPHQL = "application/graphql-response+json"
# What no answer may carry: our code, our statements, our addresses, and names that were not asked for.
LEAK = re.compile(
    r"Traceback|File \\?\"|Error\(|asyncpg|sqlalchemy|postgres|strawberry|select |Did you mean", re.IGNORECASE
)


@dataclass
class Partners:
    """A client at the door. `headers` says what each caller sends along."""

    house: House
    http: AsyncClient
    headers: Mapping[str, Mapping[str, str]]

    async def send(self, method: str, who: str, *, headers: Any = None, **more: Any) -> Response:
        """Send anything as one of them."""
        return await self.http.request(
            method, "/graphql", headers={**self.headers[who], **(headers or {})}, **more
        )

    async def ask(self, who: str, query: str, accept: str = GRAPHQL, **variables: Any) -> Response:
        """Post a document as one of them."""
        body = {"query": query, "variables": variables}
        return await self.send("POST", who, json=body, headers={"Accept": accept})


@asynccontextmanager
async def joined(house: House, database_url: str, redis_url: str) -> AsyncIterator[Partners]:
    """Open the application on a house's database, with a key for each caller."""
    async with house.database.unit_of_work() as work:
        assert house.olive.id is not None
        session = await sessions.begin(work, house.olive.id, user_agent="Firefox", address="::1")
        _, token = await tokens.create(work, SYSTEM, name="least", scopes=[Scope.TASKS_READ])
    headers: dict[str, dict[str, str]] = {
        "operator": {"Cookie": f"__Host-session={session}", "Sec-Fetch-Site": "same-origin"},
        "least": {"Authorization": f"Bearer {token}"},
        "nobody": {},
    }
    async with application.opened(database_url, redis_url) as http:
        del http.headers["Accept"]  # httpx adds one of its own where a test sends none
        yield Partners(house, http, headers)


def codes(answer: Response) -> set[str]:
    """The codes of an answer's errors, every one of which has one."""
    return {error["extensions"]["code"] for error in answer.json().get("errors", ())}


async def soon(ask: Callable[[], Awaitable[Response]], seconds: float) -> Response:
    """Ask, and once more if it took longer: a machine may be busy once, a slow answer is slow twice."""
    for _ in range(2):
        began = perf_counter()
        answer = await ask()
        if perf_counter() - began < seconds:
            return answer
    raise AssertionError(f"twice slower than {seconds} s: {answer.text[:200]}")
