from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema
from graphql.utilities import find_breaking_changes

from api import operations
from api.documents import prepare
from api.http.endpoint import definition
from api.schema import core

SNAPSHOT = Path(__file__).parents[2] / "graphql" / "schema.graphql"
OURS = [type_ for name, type_ in core().type_map.items() if not name.startswith("__")]
SPECIFIED = {"Int", "String", "Float", "Boolean", "ID"}


def test_the_snapshot_is_the_schema() -> None:
    assert SNAPSHOT.read_text(encoding="utf-8") == definition()[0], (
        "run `opsbook schema > graphql/schema.graphql`"
    )


def test_nothing_that_partners_rely_on_was_taken_away() -> None:
    assert find_breaking_changes(build_schema(SNAPSHOT.read_text(encoding="utf-8")), core()) == []


@pytest.mark.parametrize("type_", OURS, ids=str)
def test_everything_is_described(type_: object) -> None:
    members = [*getattr(type_, "fields", {}).items(), *getattr(type_, "values", {}).items()]
    arguments = [(f"{name}({one})", found) for name, field in members for one, found in _arguments(field)]

    missing = [name for name, one in [("itself", type_), *members, *arguments] if not one.description]

    assert missing == []


def _arguments(field: object) -> list[tuple[str, object]]:
    return list(getattr(field, "args", {}).items())


@pytest.mark.parametrize("name", operations.by_name())
def test_every_operation_of_the_pages_is_valid_and_within_the_limits(name: str) -> None:
    document = prepare(operations.named(name), None)

    assert document.name == name
