"""The architecture, checked: the import contracts of pyproject.toml, and rules on the syntax tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import graphql
import pytest

ROOT = Path(__file__).parents[1]
CODE = ("app", "graphql/api", "views", "jobs")
LONGEST_FILE_LINES = 300
MIGRATIONS = "app/storage/migrations/"

# Who may ask this process's clock, and why no decision hangs on it.
OWN_CLOCK = {
    "app/cli/_parts.py": "compares this machine's clock with the database's, and says so when they differ",
    "app/demo/loopback/clock.py": "another company's clock, which tests set on",
    "app/demo/pagerduty/account.py": "another company's clock, which tests set on",
    "graphql/api/budget.py": "says when a budget that lives in this process is full again",
    "graphql/api/rate_limit.py": "the same, where nothing is counted",
}
# Who opens a connection beside app/outside, and why nothing that leaves Opsbook goes through it.
OWN_CONNECTIONS = {
    "app/embedded/valkey.py": "asks the private Valkey, over a file in its data folder, whether it is ready",
    "app/serving.py": "takes over the socket on which its parent already listens",
}
WAY_OUT = "app/outside/"
CLIENTS = (
    *("aiohttp", "aiosmtplib", "ftplib", "http.client", "httpx", "httpx2", "requests", "smtplib"),
    *("telnetlib", "urllib.request", "urllib3", "websockets", "yarl"),
)
CONNECTS = {"create_connection", "open_connection", "open_unix_connection", "sock_connect"}
Node = TypeVar("Node", ast.Call, ast.Constant, ast.Import, ast.ImportFrom)

WRITERS_OF_CSV = {"DictWriter", "copy_from_query", "copy_from_table", "to_csv"}
COMMITS = {"app/storage/unit_of_work.py"}
NO_NAMES = {"service", "services", "manager", "helper", "helpers", "utils", "misc", "data", "v2"}

SQL_CLOCKS = re.compile(
    r"(?<![\w.])now\(\)|\b(current_timestamp|localtimestamp|transaction_timestamp|statement_timestamp)\b",
    re.IGNORECASE,
)
READS_OF_THE_CLOCK: set[tuple[str, str] | None] = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}


def test_imports_keep_the_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    command = [str(linter), "--no-logo", "--no-cache"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout + run.stderr


def test_every_module_of_the_application_has_its_layer() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["id"] == "layers")
    named = {name.strip(" ()") for layer in layers for name in layer.split("|")}

    found = {f"app.{path.stem}" for path in (ROOT / "app").iterdir() if _is_module(path)}

    assert found - named == set(), "give it a layer in [[tool.importlinter.contracts]], pyproject.toml"
    assert {name for name in named if name.startswith("app.")} - found == set(), "take it out of the layers"


def test_importing_graphql_gives_graphql_core() -> None:
    strays = [path.name for path in (ROOT / "graphql").glob("*.py")]

    assert strays == [], "graphql/ is a source root: put Python into graphql/api/"
    assert "site-packages" in graphql.__file__


def test_only_the_database_tells_the_time() -> None:
    complaints = [
        f"{where}: ask the database (app.clock), or say in OWN_CLOCK why this process may know better"
        for path, where, node in _nodes(ast.Call)
        if path not in OWN_CLOCK and _called(node.func) in READS_OF_THE_CLOCK
    ]

    assert complaints == []


def test_sql_asks_for_the_moment_not_for_the_transaction_start() -> None:
    texts = [
        where
        for path, where, node in _nodes(ast.Constant)
        if isinstance(node.value, str) and SQL_CLOCKS.search(node.value) and not path.startswith(MIGRATIONS)
    ]
    calls = [where for _, where, node in _nodes(ast.Call) if _called(node.func) == ("func", "now")]

    assert texts + calls == [], (
        "now() is when the transaction began: use clock_timestamp() or app.clock.now()"
    )


def test_only_the_unit_of_work_commits() -> None:
    complaints = [
        f"{where}: leave the transaction to `async with database.unit_of_work()`"
        for path, where, node in _nodes(ast.Call)
        if path not in COMMITS and (_called(node.func) or ("", ""))[1] == "commit"
    ]

    assert complaints == []


def test_only_spreadsheets_write_csv() -> None:
    complaints = [
        f"{where}: write it by app.spreadsheets, which guards against formulas"
        for path, where, node in _nodes(ast.Call)
        if not path.startswith("app/spreadsheets/") and _writes_csv(node.func)
    ]

    assert complaints == []


def test_what_leaves_opsbook_leaves_through_one_room() -> None:
    complaints = [
        f"{where}: send it with app.outside, or say in OWN_CONNECTIONS why it does not leave Opsbook"
        for path, where in _connections()
        if not path.startswith(WAY_OUT) and path not in OWN_CONNECTIONS
    ]

    assert complaints == []


def test_the_exceptions_named_here_are_still_needed() -> None:
    readers = {path for path, _, node in _nodes(ast.Call) if _called(node.func) in READS_OF_THE_CLOCK}
    connecting = {path for path, _ in _connections()}

    assert set(OWN_CLOCK) - readers == set()
    assert set(OWN_CONNECTIONS) - connecting == set()


def test_files_fit_in_a_head() -> None:
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in _files(*CODE, "tests")}

    long = {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE_LINES}

    assert long == {}, (
        f"past {LONGEST_FILE_LINES} lines, make it a folder and look for the noun that wants out"
    )


def test_modules_are_named_after_what_they_are() -> None:
    named = {path: Path(path).stem.strip("_") for path in _files(*CODE)}

    assert [path for path, name in named.items() if name in NO_NAMES] == [], "name the noun or the procedure"


@pytest.mark.parametrize("folder", CODE)
def test_the_linters_see_the_code(folder: str) -> None:
    assert len(list(_files(folder))) > 3


def _is_module(path: Path) -> bool:
    return (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()


def _files(*folders: str) -> Iterator[str]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if not (name.startswith(MIGRATIONS) and "/versions/" in name):
                yield name


def _nodes(kind: type[Node]) -> Iterator[tuple[str, str, Node]]:
    """Every node of a kind in our code, docstrings aside, with its file and its place."""
    for path in _files(*CODE):
        tree = _tree(path)
        docstrings = {id(text) for text in _docstrings(tree)}
        for node in ast.walk(tree):
            if isinstance(node, kind) and id(node) not in docstrings:
                yield path, f"{path}:{node.lineno}", node


def _writes_csv(function: ast.expr) -> bool:
    name = function.id if isinstance(function, ast.Name) else (_called(function) or ("", ""))[1]
    return name in WRITERS_OF_CSV or _called(function) == ("csv", "writer")


def _connections() -> Iterator[tuple[str, str]]:
    """Where our code imports what speaks to other machines, or connects by itself: file and place."""
    for path, where, plain in _nodes(ast.Import):
        if any(_is_client(one.name) for one in plain.names):
            yield path, where
    for path, where, node in _nodes(ast.ImportFrom):
        if any(_is_client(f"{node.module}.{one.name}") or one.name in CONNECTS for one in node.names):
            yield path, where
    for path, where, call in _nodes(ast.Call):
        called = _called(call.func) or ("", "")
        if called == ("socket", "socket") or called[1] in CONNECTS:
            yield path, where


def _is_client(name: str) -> bool:
    return any(f"{name}.".startswith(f"{client}.") for client in CLIENTS)


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text())


def _docstrings(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _called(function: ast.expr) -> tuple[str, str] | None:
    """The last two words of what is called: `clock.now` of `app.clock.now()`."""
    if not isinstance(function, ast.Attribute):
        return None
    owner = function.value
    if isinstance(owner, ast.Name):
        return owner.id, function.attr
    return (owner.attr, function.attr) if isinstance(owner, ast.Attribute) else ("", function.attr)
