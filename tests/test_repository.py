"""What the documents say about the repository is so: links, names of files, commands, settings, addresses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import click
import pytest
from starlette.routing import Route

from app.cli import COMMANDS, main
from app.doors import hooks, ingest
from app.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
HANDBOOK = "docs/operations/handbook.md"
DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
SECTIONS = ["Context", "Decision", "Consequences", "Rejected", "Checked by"]
LONGEST_DECISION_LINES = 40

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
CODE_BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(
    r"`((?:app|graphql|views|jobs|static|tests|docs|scripts|benchmarks)/[\w./*-]*|[\w.-]+\.(?:md|toml|lock))`"
)
TEST_NAME = re.compile(r"`(tests/[\w/]+\.py)` \(((?:`test_\w+`(?:, )?)+)\)")
VARIABLE = re.compile(rf"^\| `({PREFIX}\w+)` \|", re.MULTILINE)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    broken = [link for link in _links(name) if not _leads_somewhere(ROOT / name, link)]

    assert broken == []


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != HANDBOOK])
def test_files_that_a_document_names_exist(name: str) -> None:
    named = FILE_NAME.findall(_prose(name))

    assert [one for one in named if not any(ROOT.glob(one.rstrip("/")))] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_tests_that_a_document_names_exist(name: str) -> None:
    named = [(file, test) for file, tests in TEST_NAME.findall(_prose(name)) for test in _quoted(tests)]

    assert [f"{file}::{test}" for file, test in named if test not in _tests(file)] == []


def test_the_readme_accounts_for_every_part_of_the_handbook() -> None:
    titles = re.findall(r"^- \*\*(.+?)\*\*", (ROOT / HANDBOOK).read_text(), re.MULTILINE)
    rows = re.findall(r"^\| \*{0,2}(.+?)\*{0,2} \|", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert [title for title in titles if title not in rows] == []


def test_every_promise_of_the_readme_names_the_test_that_keeps_it() -> None:
    promises = (ROOT / "README.md").read_text().split("## What it promises")[1].split("\n## ")[0]
    rows = [row for row in promises.splitlines() if row.startswith("| ")][2:]

    assert len(rows) > 0
    assert [row for row in rows if not TEST_NAME.search(row)] == []


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    documented = VARIABLE.findall((ROOT / "docs/settings.md").read_text())

    assert sorted(documented) == sorted(PREFIX + one.name.upper() for one in fields(Settings))


@pytest.mark.parametrize("one", fields(Settings), ids=lambda one: one.name)
def test_the_documentation_says_which_settings_are_secret(one: object) -> None:
    name, secret = PREFIX + one.name.upper(), bool(one.metadata.get("secret"))  # type: ignore[attr-defined]
    row = next(row for row in (ROOT / "docs/settings.md").read_text().splitlines() if f"| `{name}` |" in row)

    assert row.split("|")[2].strip() == ("yes" if secret else "")


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    documented = re.findall(
        r"^#+ `opsbook ([\w -]+?)`", (ROOT / "docs/commands.md").read_text(), re.MULTILINE
    )

    assert sorted(documented) == sorted(_commands())


@pytest.mark.parametrize("top", COMMANDS)
def test_every_option_is_documented_and_every_documented_option_exists(top: str) -> None:
    for name, command in _commands().items():
        if name.split()[0] == top:
            assert _documented_options(name) == _options(command), f"opsbook {name}"


def test_the_addresses_of_machines_are_documented() -> None:
    text = (ROOT / "docs/api.md").read_text()
    routes = [one.path for one in (*ingest.routes, *hooks.routes) if isinstance(one, Route)]

    assert [path for path in routes if f"`POST {path}`" not in text] == []


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem[:4])
def test_a_decision_has_one_sentence_to_quote_and_fits_on_a_page(path: Path) -> None:
    text = path.read_text()
    title, *sections = HEADING.findall(text)

    assert sections == SECTIONS
    assert path.stem[5:] == "-".join(re.findall(r"[a-z0-9]+", title.lower()))
    assert len(re.findall(r"^> ", text, re.MULTILINE)) == 1
    assert len(text.splitlines()) <= LONGEST_DECISION_LINES


def test_every_decision_is_listed_in_the_architecture() -> None:
    listed = set(_links("ARCHITECTURE.md"))

    assert [path.name for path in DECISIONS if f"docs/decisions/{path.name}" not in listed] == []


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings[0] == "Unreleased"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_lock_files_pin_by_hash_and_name_no_registry(name: str) -> None:
    text = (ROOT / name).read_text()
    pins = re.findall(r"^[\w.\[\]-]+==", text, re.MULTILINE)

    assert len(pins) > 0
    assert text.count("--hash=sha256:") >= len(pins)
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links", text) == []


@cache
def _prose(name: str) -> str:
    return CODE_BLOCK.sub("", (ROOT / name).read_text())


def _links(name: str) -> list[str]:
    found = [one or other for one, other in LINK.findall(_prose(name))]
    return [link for link in found if not link.startswith(("https://", "http://", "mailto:"))]


def _leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists() or ROOT not in (target, *target.parents):
        return False
    return not anchor or anchor in {_anchor(heading) for heading in HEADING.findall(target.read_text())}


def _anchor(heading: str) -> str:
    """The name that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _quoted(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


@cache
def _tests(file: str) -> set[str]:
    path = ROOT / file
    tree = ast.parse(path.read_text()) if path.exists() else ast.Module([], [])
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@cache
def _commands() -> dict[str, click.Command]:
    """Every command that does something, by its words after `opsbook`."""
    return dict(_leaves(main, ()))


def _leaves(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield " ".join(words), command
        return
    context = click.Context(command)
    for word in command.list_commands(context):
        inner = command.get_command(context, word)
        assert inner is not None
        yield from _leaves(inner, (*words, word))


def _options(command: click.Command) -> set[str]:
    shown = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    return {name for one in shown for name in one.opts if name.startswith("--")}


def _documented_options(name: str) -> set[str]:
    text = (ROOT / "docs/commands.md").read_text()
    section = re.search(rf"^#+ `opsbook {re.escape(name)}`.*?$(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, f"docs/commands.md says nothing of opsbook {name}"
    return set(re.findall(r"`(--[\w-]+)", CODE_BLOCK.sub("", section[1])))
