from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.incidents.checklist.proof import Snapshot, objections

END = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
GOOD = Snapshot(
    view="All revenue",
    as_of=END + timedelta(minutes=30),
    success_rate=Decimal("0.98"),
    gross={"EUR": 10_500, "JPY": 0},
    week_before={"EUR": 10_000, "JPY": 0},
    sha256="ab",
    sha256_now="ab",
)


def test_a_good_snapshot_proves_recovery() -> None:
    assert objections(GOOD, resolved_at=END) == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"as_of": END + timedelta(minutes=29, seconds=59)}, "was taken before 10:00 UTC"),
        ({"success_rate": Decimal("0.9799")}, "97.99%"),
        ({"success_rate": None}, "no success rate"),
        ({"gross": {"EUR": 10_501, "JPY": 0}}, "gross in EUR"),
        ({"gross": {"EUR": 9_499, "JPY": 0}}, "gross in EUR"),
        ({"gross": {"JPY": 0}}, "gross in EUR"),
        ({"gross": {"EUR": 10_000, "JPY": 0, "USD": 1}}, "gross in USD"),
        ({"sha256_now": "ac"}, "hash does not match"),
    ],
)
def test_each_flaw_is_named(wrong: dict[str, object], why: str) -> None:
    found = objections(replace(GOOD, **wrong), resolved_at=END)  # type: ignore[arg-type]

    assert len(found) == 1
    assert why in found[0]


def test_all_flaws_are_named_together() -> None:
    flawed = replace(GOOD, as_of=END, success_rate=Decimal("0.5"), sha256="?")

    assert len(objections(flawed, resolved_at=END)) == 3
