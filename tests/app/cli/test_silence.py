from __future__ import annotations

from tests.app.cli.shell import Shell


def test_a_silence_is_made_listed_and_ended(shell: Shell) -> None:
    made = shell.printed("silence", "add", "service ~ checkout-.*", "--minutes", "60", "--reason", "A drill")
    listed = shell.json("silence", "list")
    shell.printed("silence", "end", str(listed[0]["id"]))

    assert "would have matched 0 of 0 alerts" in made
    assert [(one["matchers"], one["by"]) for one in listed] == [("service ~ checkout-.*", "Opsbook")]
    assert shell.json("silence", "list") == []
