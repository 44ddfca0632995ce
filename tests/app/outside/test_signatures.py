import pytest

from app.outside import signatures


def test_hmac_matches_rfc_4231_case_2() -> None:
    signed = signatures.hmac_sha256_hex("Jefe", b"what do ya want for nothing?")

    assert signed == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


@pytest.mark.parametrize(
    ("header", "label", "values"),
    [
        ("v1=ab,v1=cd", "v1", ("ab", "cd")),
        ("v1=ab, v1=cd", "v1", ("ab", "cd")),
        ("t=12,v1=ab,v0=ef", "v1", ("ab",)),
        ("sha256=ab", "sha256", ("ab",)),
        ("v1=", "v1", ()),
        ("v10=ab", "v1", ()),
        ("", "v1", ()),
    ],
)
def test_labelled_values_are_taken_from_a_header(header: str, label: str, values: tuple[str, ...]) -> None:
    assert signatures.labelled(header, label) == values


@pytest.mark.parametrize(
    ("candidates", "expected", "matches"),
    [
        (["ab"], ["ab"], True),
        (["xx", "ab"], ["ab", "cd"], True),
        (["xx"], ["ab"], False),
        ([], ["ab"], False),
        (["ab"], [], False),
        (["é"], ["ab"], False),
    ],
)
def test_one_match_is_enough(candidates: list[str], expected: list[str], matches: bool) -> None:
    assert signatures.any_matches(candidates, expected) is matches
