"""What the source never does, checked on its text: no code from data, no weak hash, no guessable secret."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("app", "graphql/api", "views", "jobs")
SCRIPTS = sorted((ROOT / "static").glob("*.js"))
TEMPLATES = sorted((ROOT / "views/templates").rglob("*.html"))
LOCKS = ("requirements.lock", "requirements-test.lock")

# Modules that run or build code from data, read XML, or make numbers that can be guessed.
BANNED = {"pickle", "marshal", "shelve", "xml", "lxml", "yaml", "random"}
# Where a number need not be secret: it spreads load. And where XML is written, but none is read.
MAY_IMPORT = {
    ("app/incidents/communication/sending.py", "random"),
    ("app/incidents/paging/settling.py", "random"),
    ("app/incidents/retrospective.py", "random"),
    ("jobs/housekeeping.py", "random"),
    ("views/public/feed.py", "xml"),
}
# The filter for what `app.templates` made of Markdown and escaped.
MAY_MARK = {"views/formats.py"}
BUILTINS = {"eval", "exec", "compile", "__import__"}
FUNCTIONS = {"os.system", "os.popen", "hashlib.md5", "hashlib.sha1", "tempfile.mktemp"}
OPTIONS = {("shell", True), ("verify", False), ("ssl", False), ("debug", True), ("check_hostname", False)}
IN_SCRIPTS = re.compile(
    r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|localStorage"
    r"|sessionStorage|indexedDB|__proto__|setTimeout\(\s*[\"'`]|addEventListener\(\"message\""
)
# What is written in the template itself may be called safe; what comes from elsewhere may not.
IN_TEMPLATES = re.compile(r"[^'\"\s]\s*\|\s*safe\b|autoescape|{%-?\s*filter")


def trees() -> Iterator[tuple[str, ast.AST]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def calls() -> Iterator[tuple[str, ast.Call]]:
    yield from (
        (path, node) for path, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call)
    )


def called(node: ast.Call) -> str:
    """What is called, as `hashlib.md5`."""
    return ast.unparse(node.func)


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (name.name.split(".")[0] for name in node.names)
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.split(".")[0]


def test_no_module_is_imported_that_runs_data_or_guesses() -> None:
    found = {
        (path, name)
        for path, tree in trees()
        for node in ast.walk(tree)
        for name in imported(node)
        if name in BANNED and not path.startswith("app/demo/")  # history that never was
    }

    assert found - MAY_IMPORT == set()


def test_no_code_is_made_of_data_and_no_weak_hash_is_used() -> None:
    found = [f"{path}:{node.lineno}" for path, node in calls() if called(node) in BUILTINS | FUNCTIONS]

    assert found == []


def test_markup_is_what_was_written_here() -> None:
    made = [(path, node.args[0]) for path, node in calls() if called(node) == "Markup"]

    assert {path for path, text in made if not isinstance(text, ast.Constant)} == MAY_MARK


def test_no_protection_is_switched_off_by_an_option() -> None:
    found = [
        f"{path}:{node.lineno} {option.arg}"
        for path, node in calls()
        for option in node.keywords
        if isinstance(option.value, ast.Constant) and (option.arg, option.value.value) in OPTIONS
    ]

    assert found == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_write_text_and_store_nothing(path: Path) -> None:
    assert IN_SCRIPTS.findall(path.read_text()) == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "views/templates").rglob("*.html")), ids=lambda path: path.name
)
def test_templates_escape_everything(path: Path) -> None:
    assert IN_TEMPLATES.findall(path.read_text()) == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_by_the_hash_of_its_content(name: str) -> None:
    text = (ROOT / name).read_text().replace("\\\n", "")
    packages = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]

    assert len(packages) > 20
    assert [line.split()[0] for line in packages if "==" not in line or "--hash=sha256:" not in line] == []
    assert "://" not in text
