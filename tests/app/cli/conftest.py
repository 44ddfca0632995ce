import pytest

from tests.app.cli.shell import Shell


@pytest.fixture
def shell(database_url: str, redis_url: str) -> Shell:
    return Shell(database_url, redis_url)
