from __future__ import annotations

from tests.app.cli.shell import Shell


def test_the_first_policy_is_the_handbooks(shell: Shell) -> None:
    (found,) = shell.json("policy", "list")

    assert found["pages"] == ["0 min the on-call operator", "5 min the incident commander"]
    assert (found["usual"], found["repeats"], found["lapses_after_minutes"]) == (True, 3, 30)


def test_a_policys_history_says_who_wrote_it(shell: Shell) -> None:
    (first,) = shell.json("policy", "history", "default")

    assert (first["version"], first["by"]) == (1, "Opsbook")


def test_of_one_that_there_is_not_it_says_so(shell: Shell) -> None:
    refused = shell.type("policy", "history", "none")

    assert refused.exit_code == 1
    assert "There is no policy 'none'" in refused.stderr
