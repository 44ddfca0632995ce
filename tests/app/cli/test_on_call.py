from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.app.cli.shell import Shell


def test_a_rota_is_set_and_shown(shell: Shell) -> None:
    for name in ("mara", "wren"):
        shell.printed("user", "add", f"{name}@example.com", "--name", name.title(), "--role", "operator")

    said = shell.printed("on-call", "set", "operator", "mara@example.com", "wren@example.com")
    shown = shell.type("on-call", "show", "--weeks", "3", "--json")

    assert said == "2 take turns. The first is on call now."
    assert shown.exit_code == 1  # the other roles have nobody
    assert '{"role": "operator", "name": "Mara", "email": "mara@example.com", "until": ' in shown.stdout
    assert '"on_call": "Wren", "by": "rota"' in shown.stdout


def test_somebody_covers_and_it_is_called_off(shell: Shell) -> None:
    shell.printed("user", "add", "wren@example.com", "--name", "Wren", "--role", "operator")
    until = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%MZ}"

    made = shell.printed("on-call", "cover", "operator", "wren@example.com", "--until", until)
    during = shell.type("on-call", "show").stdout
    cancelled = shell.printed("on-call", "cancel", "1")

    assert made.startswith("Cover 1: wren@example.com until ")
    assert during.splitlines()[1].split()[:2] == ["operator", "Wren"]
    assert cancelled == "Cover 1 is called off."
    assert shell.type("on-call", "show").stdout.splitlines()[1].split()[:2] == ["operator", "nobody"]


def test_who_is_not_known_cannot_take_turns(shell: Shell) -> None:
    refused = shell.type("on-call", "set", "operator", "nobody@example.com")

    assert refused.exit_code == 1
    assert "Nobody who may sign in has the address" in refused.stderr
