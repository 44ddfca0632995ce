from __future__ import annotations

from pathlib import Path

from tests.app.cli.shell import Shell


def test_readers_are_imported_once_and_listed(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("email,name\ncto@example.com,Acme\nops@example.org,Brightline\n")

    first = shell.printed("subscriber", "import", str(file), "--audience", "enterprise")
    again = shell.printed("subscriber", "import", str(file), "--audience", "enterprise")

    assert (first, again) == ("2 added, 0 there already.", "0 added, 2 there already.")
    assert [one["email"] for one in shell.json("subscriber", "list")] == [
        "cto@example.com",
        "ops@example.org",
    ]


def test_a_reader_is_removed_from_every_list(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("cto@example.com\n")
    for audience in ("enterprise", "community"):
        shell.printed("subscriber", "import", str(file), "--audience", audience)

    shell.printed("subscriber", "remove", "CTO@example.com")

    assert all(one["removed"] for one in shell.json("subscriber", "list"))
