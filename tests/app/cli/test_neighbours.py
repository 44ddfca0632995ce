from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app import settings
from app.cli._findings import Finding, Verdict
from app.cli._neighbours import of_neighbours
from app.outside import http
from tests.app.cli.shell import Shell
from tests.fakes import github as fake_github
from tests.fakes import slack as fake_slack
from tests.fakes import statuspage as fake_statuspage
from tests.fakes.github import GitHub
from tests.fakes.slack import Slack
from tests.fakes.statuspage import Statuspage

NAMES = ["GitHub", "Slack", "Statuspage"]


@pytest.fixture
async def github() -> AsyncIterator[GitHub]:
    async with fake_github.serving() as github:
        yield github


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with fake_slack.serving() as slack:
        yield slack


@pytest.fixture
async def statuspage() -> AsyncIterator[Statuspage]:
    async with fake_statuspage.serving() as statuspage:
        yield statuspage


async def found(environ: dict[str, str]) -> list[Finding]:
    async with http.opened() as client:
        return await of_neighbours(client, settings.read(environ))


@pytest.mark.anyio
async def test_what_is_set_up_is_asked_and_changed_in_nothing(
    github: GitHub, slack: Slack, statuspage: Statuspage
) -> None:
    environ = github.settings(github.url) | slack.settings(slack.url) | statuspage.settings(statuspage.url)

    said = await found(environ)

    assert [(one.name, one.verdict) for one in said] == [(name, Verdict.OK) for name in NAMES]
    assert (github.repository.issues, slack.channel.messages, statuspage.board.incidents) == ([], [], [])


@pytest.mark.anyio
async def test_what_is_left_out_is_a_warning_that_names_its_variables() -> None:
    said = await found({})

    assert [(one.name, one.verdict) for one in said] == [(name, Verdict.WARNING) for name in NAMES]
    assert "OPSBOOK_GITHUB_REPOSITORY and OPSBOOK_GITHUB_TOKEN are not set." in said[0].detail
    assert said[0].remedy == "Set up GitHub: docs/operations/github.md."


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("OPSBOOK_GITHUB_TOKEN", "OPSBOOK_GITHUB_REPOSITORY"),
        ("OPSBOOK_SLACK_WEBHOOK_URL", "OPSBOOK_SLACK_SIGNING_SECRET"),
        ("OPSBOOK_STATUSPAGE_PAGE_ID", "OPSBOOK_STATUSPAGE_TOKEN"),
    ],
)
async def test_what_is_half_set_up_has_failed(given: str, missing: str) -> None:
    [ill] = [one for one in await found({given: "x"}) if one.verdict is Verdict.FAILED]

    assert ill.detail.startswith(f"{missing} is not set.")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("OPSBOOK_GITHUB_TOKEN", "wrong", "OPSBOOK_GITHUB_TOKEN"),
        ("OPSBOOK_GITHUB_REPOSITORY", "acme/typo", "OPSBOOK_GITHUB_REPOSITORY"),
        ("OPSBOOK_GITHUB_PROJECT", "Holidays", "OPSBOOK_GITHUB_PROJECT"),
        ("OPSBOOK_GITHUB_API_URL", "http://127.0.0.1:1", "OPSBOOK_GITHUB_API_URL"),
    ],
)
async def test_what_is_wrong_with_github_is_named(
    github: GitHub, variable: str, value: str, named: str
) -> None:
    said = await found({**github.settings(github.url), variable: value})

    assert said[0].verdict is Verdict.FAILED
    assert named in said[0].remedy


@pytest.mark.anyio
@pytest.mark.parametrize("trouble", ["has_issues", "is_archived"])
async def test_a_repository_that_takes_no_issues_is_named(github: GitHub, trouble: str) -> None:
    setattr(github.repository, trouble, trouble == "is_archived")

    [ill, *_] = await found(github.settings(github.url))

    assert ill.verdict is Verdict.FAILED
    assert "OPSBOOK_GITHUB_REPOSITORY" in ill.remedy


@pytest.mark.anyio
async def test_a_webhook_and_a_page_that_are_not_there_are_named(
    slack: Slack, statuspage: Statuspage
) -> None:
    environ = slack.settings(slack.url) | statuspage.settings(statuspage.url)
    slack.key = "another"
    environ["OPSBOOK_STATUSPAGE_PAGE_ID"] = "another"

    [_, ill_slack, ill_statuspage] = await found(environ)

    assert (ill_slack.verdict, ill_statuspage.verdict) == (Verdict.FAILED, Verdict.FAILED)
    assert "OPSBOOK_SLACK_WEBHOOK_URL" in ill_slack.remedy
    assert "OPSBOOK_STATUSPAGE_PAGE_ID" in ill_statuspage.remedy


def test_doctor_tells_it_and_no_secret(shell: Shell) -> None:
    shell.environ |= {
        "OPSBOOK_SLACK_WEBHOOK_URL": "http://127.0.0.1:1/services/hush-hush",
        "OPSBOOK_SLACK_SIGNING_SECRET": "hush-hush",
    }

    said = shell.type("doctor").output

    assert "failed   Slack" in said
    assert "OPSBOOK_SLACK_WEBHOOK_URL" in said
    assert "hush" not in said
