import pytest

from app.outside.clipping import clipped


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("short", "short"),
        ("twelve chars", "twelve chars"),
        ("thirteen char", "thirteen ch…"),
        ("a family 👨‍👩‍👧", "a family 👨…"),
    ],
)
def test_text_is_cut_to_length(text: str, cut: str) -> None:
    assert clipped(text, 12) == cut
