from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import build_schema
from graphql.utilities import DangerousChangeType, find_breaking_changes, find_dangerous_changes

from api import operations
from api.documents import prepare
from api.http.endpoint import definition
from api.schema import core

ROOT = Path(__file__).parents[2]
SNAPSHOT = ROOT / "graphql" / "schema.graphql"
RELEASED = ROOT / "graphql" / "released.graphql"
INSTEAD = "partners use what the last release had: keep it, deprecate it with a reason, and add beside it"


def test_the_snapshot_is_the_schema() -> None:
    assert SNAPSHOT.read_text(encoding="utf-8") == definition()[0], (
        "run `opsbook schema > graphql/schema.graphql`"
    )


def test_nothing_that_partners_rely_on_was_taken_away() -> None:
    changes = find_breaking_changes(build_schema(RELEASED.read_text(encoding="utf-8")), core())

    assert [change.description for change in changes] == [], INSTEAD


def test_a_value_that_is_left_out_means_what_it_meant() -> None:
    changes = find_dangerous_changes(build_schema(RELEASED.read_text(encoding="utf-8")), core())
    defaults = [one for one in changes if one.type is DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE]

    assert [change.description for change in defaults] == [], INSTEAD


def test_only_a_release_changes_what_was_released() -> None:
    first, *_ = RELEASED.read_text(encoding="utf-8").splitlines()
    versions = re.findall(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert first == f"# The schema of release {next(iter(versions), '0, as partners were shown it first')}."


@pytest.mark.parametrize("name", operations.by_name())
def test_every_operation_of_the_pages_is_valid_and_within_the_limits(name: str) -> None:
    document = prepare(operations.named(name), None)

    assert document.name == name
