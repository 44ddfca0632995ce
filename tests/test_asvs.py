"""The table of OWASP ASVS 5.0.0, levels 1 and 2, is complete, and what it names is there."""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
with (ROOT / "docs/asvs.csv").open(newline="") as file:
    ROWS = list(csv.DictReader(file))

COLUMNS = ["id", "level", "subject", "answer", "where", "note"]
ANSWERS = {"test", "file", "not applicable", "open"}
# How many requirements of levels 1 and 2 each chapter has; 253 in all.
CHAPTERS = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9}
CHAPTERS |= {15: 13, 16: 16, 17: 7}
OF_OTHERS = {9, 10, 17}  # self-contained tokens, OAuth and WebRTC: Opsbook has none of them
LEAST_SHARE = 0.6
LONGEST_SUBJECT = 50


def chapter(row: dict[str, str]) -> int:
    return int(row["id"].split(".")[0])


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_requirement_is_there_once() -> None:
    ids = [row["id"] for row in ROWS]

    assert list(ROWS[0]) == COLUMNS
    assert len(set(ids)) == len(ids) == sum(CHAPTERS.values()) == 253
    assert Counter(map(chapter, ROWS)) == CHAPTERS
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", one) for one in ids)
    assert {row["level"] for row in ROWS} == {"1", "2"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_every_requirement_is_answered_by_what_is_there(row: dict[str, str]) -> None:
    path, _, name = row["where"].partition("::")

    assert row["answer"] in ANSWERS
    assert 0 < len(row["subject"]) <= LONGEST_SUBJECT
    if row["answer"] == "test":
        assert name in functions_of(path)
    elif row["answer"] == "file":
        assert (ROOT / path).is_file()
    else:
        assert (row["where"], bool(row["note"])) == ("", True)


def test_most_of_what_concerns_us_is_answered_by_a_test() -> None:
    ours = [row["answer"] for row in ROWS if chapter(row) not in OF_OTHERS]

    share = Counter(ours)["test"] / len(ours)
    print(f"ASVS: {share:.1%} of {len(ours)} requirements answered by a test, {Counter(ours)}")  # noqa: T201

    assert len(ours) == 210
    assert share >= LEAST_SHARE


def test_nothing_that_is_open_is_hidden() -> None:
    text = (ROOT / "docs/security.md").read_text()

    assert "[asvs.csv](asvs.csv)" in text
    assert "CC BY-SA 4.0" in text
