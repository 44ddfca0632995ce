"""Fixtures that every test may ask for. The engines start when the first test asks for one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

GRAPHQL = Path(__file__).parents[1] / "graphql"
if strays := [path.name for path in GRAPHQL.glob("*.py")]:
    pytest.exit(
        f"graphql/ is a source root and must hold no Python of its own: move {', '.join(strays)} into"
        " graphql/api/, for it hides graphql-core or the standard library.",
        returncode=pytest.ExitCode.USAGE_ERROR,
    )

from app.embedded import Engines  # noqa: E402 - nothing may be imported before the guard above
from tests import engines as _engines  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="hurt Opsbook as long as `make faults` does")


@pytest.fixture(autouse=True)
def no_context() -> None:
    """What one test bound to its log lines is none of the next one's."""
    structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    with _engines.throw_away() as found:
        yield found


@pytest.fixture(scope="session")
def databases(engines: Engines) -> Iterator[_engines.Databases]:
    databases = _engines.Databases(engines, _engines.build_template)
    yield databases
    databases.close()


@pytest.fixture
def database_url(databases: _engines.Databases) -> Iterator[str]:
    with databases.fresh() as url:
        yield url


@pytest.fixture
def redis_url(engines: Engines) -> str:
    _engines.empty(engines.redis_url)
    return engines.redis_url
