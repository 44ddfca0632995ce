from __future__ import annotations

import pytest

from app import wording
from app.errors import InvalidInput


def test_what_is_written_is_trimmed() -> None:
    assert wording.written("  Too many errors\n", path="reason", demand="Say why.") == "Too many errors"


@pytest.mark.parametrize("text", ["", " \n", "nul \0", "half a pair \ud800", "x" * 10_001])
def test_what_cannot_be_kept_is_refused_by_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        wording.written(text, path="reason", demand="Say why.")

    assert refused.value.path == ("reason",)
