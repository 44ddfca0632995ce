from __future__ import annotations

import pytest

from app.errors import Misconfigured
from app.security.secrets import Keyring

SECRET_KEY = "s" * 32
OLD, NEW = "old master key " * 3, "new master key " * 3
OWNER = "endpoint:3"


def test_a_secret_comes_back_to_its_owner() -> None:
    ring = Keyring.of([NEW], SECRET_KEY)

    assert ring.open(OWNER, ring.seal(OWNER, "pä$$word")) == "pä$$word"


def test_the_same_secret_never_looks_the_same() -> None:
    ring = Keyring.of([NEW], SECRET_KEY)

    assert ring.seal(OWNER, "x") != ring.seal(OWNER, "x")
    assert "x" * 20 not in ring.seal(OWNER, "x" * 20)


def test_a_secret_copied_to_another_row_opens_nothing() -> None:
    ring = Keyring.of([NEW], SECRET_KEY)
    sealed = ring.seal(OWNER, "x")

    with pytest.raises(Misconfigured, match="endpoint:4"):
        ring.open("endpoint:4", sealed)


@pytest.mark.parametrize("part", [1, 2])
def test_a_secret_with_another_ones_part_opens_nothing(part: int) -> None:
    ring = Keyring.of([NEW], SECRET_KEY)
    parts, others = ring.seal(OWNER, "x").split("."), ring.seal(OWNER, "x").split(".")
    parts[part] = others[part]

    with pytest.raises(Misconfigured, match="cannot be read"):
        ring.open(OWNER, ".".join(parts))


@pytest.mark.parametrize("damaged", ["", "a.b", "a.b.c.d", "{}.!.!", "{}..", "{}.AAAA.AAAA", "{}.é.é"])
def test_what_is_damaged_is_said_to_be(damaged: str) -> None:
    ring = Keyring.of([NEW], SECRET_KEY)
    key_id = ring.seal(OWNER, "x").partition(".")[0]

    with pytest.raises(Misconfigured):
        ring.open(OWNER, damaged.format(key_id))


def test_an_older_master_key_still_opens_and_rewrapping_makes_it_dispensable() -> None:
    sealed = Keyring.of([OLD], SECRET_KEY).seal(OWNER, "x")
    both = Keyring.of([NEW, OLD], SECRET_KEY)

    rewrapped = both.rewrap(OWNER, sealed)

    assert both.open(OWNER, sealed) == "x"
    assert Keyring.of([NEW], SECRET_KEY).open(OWNER, rewrapped) == "x"
    assert both.rewrap(OWNER, rewrapped) == rewrapped
    assert rewrapped.split(".")[2] == sealed.split(".")[2]


def test_a_missing_master_key_is_named_by_its_id_and_variable() -> None:
    sealed = Keyring.of([OLD], SECRET_KEY).seal(OWNER, "x")

    with pytest.raises(Misconfigured, match="OPSBOOK_MASTER_KEYS") as refused:
        Keyring.of([NEW], SECRET_KEY).open(OWNER, sealed)

    assert sealed.partition(".")[0] in refused.value.message


def test_without_master_keys_the_secret_key_serves_and_goes_on_opening() -> None:
    sealed = Keyring.of([], SECRET_KEY).seal(OWNER, "x")

    assert Keyring.of([NEW], SECRET_KEY).open(OWNER, sealed) == "x"
    with pytest.raises(Misconfigured):
        Keyring.of([], "t" * 32).open(OWNER, sealed)


def test_a_short_master_key_is_refused_without_being_shown() -> None:
    with pytest.raises(Misconfigured, match="Key 2") as refused:
        Keyring.of([NEW, "short-one"], SECRET_KEY)

    assert "short-one" not in refused.value.message


def test_a_keyring_shows_no_key() -> None:
    ring = Keyring.of([NEW], SECRET_KEY)

    assert NEW not in repr(ring)
    assert len(repr(ring)) < 60
