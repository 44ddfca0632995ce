from __future__ import annotations

import re

import pytest
from graphql import build_schema, parse, validate

from api import operations
from api.schema import schema

SCHEMA = build_schema(schema().as_str())


@pytest.mark.parametrize("name", operations.by_name())
def test_a_document_of_a_page_fits_the_schema(name: str) -> None:
    assert validate(SCHEMA, parse(operations.named(name))) == []


@pytest.mark.parametrize("name", operations.by_name())
def test_a_document_is_called_like_its_file(name: str) -> None:
    assert re.findall(r"^(?:query|mutation) (\w+)", operations.named(name), re.MULTILINE) == [name]
