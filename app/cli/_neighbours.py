"""What `opsbook doctor` asks of GitHub, Slack and Statuspage; none of it changes anything there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.cli._findings import Finding, Verdict, failed, ok
from app.outside import http
from app.outside.failed import Failed
from app.outside.github import issues, projects
from app.outside.github.account import GitHub
from app.outside.secret import Secret
from app.outside.slack import posting
from app.outside.statuspage import incidents
from app.outside.statuspage.page import Page
from app.settings import PREFIX, Settings

# With none of its settings a neighbour is left out on purpose; with some, the others were forgotten.
NEEDED: Final = {
    "GitHub": ("github_repository", "github_token"),
    "Slack": ("slack_webhook_url", "slack_signing_secret"),
    "Statuspage": ("statuspage_page_id", "statuspage_token"),
}
WITHOUT: Final = {
    "GitHub": "No retrospective can be filed there.",
    "Slack": "No channel is told of incidents.",
    "Statuspage": "Customers are not told of incidents there.",
}


async def of_neighbours(client: http.Client, settings: Settings) -> list[Finding]:
    """Ask each that the settings name."""
    found: list[Finding] = []
    for name, ask in (("GitHub", github), ("Slack", slack), ("Statuspage", statuspage)):
        found += _missing(name, settings) or await ask(client, settings)
    return found


async def github(client: http.Client, settings: Settings) -> Sequence[Finding]:
    """Are the repository, its issues and the project there?"""
    token, repository = Secret(settings.github_token or ""), settings.github_repository or ""
    account = GitHub.of(client, settings.github_api_url, token, repository, settings.github_project)
    if why := await issues.hindrance(account):
        return [_not("GitHub", why)]
    project = await projects.find_project(account)
    if isinstance(project, Failed):
        return [_not("GitHub: project", project)]
    return [ok("GitHub", f"Retrospectives go to {repository} and into {project.title}.")]


async def slack(client: http.Client, settings: Settings) -> Sequence[Finding]:
    """Is the webhook there? Nothing is posted."""
    greeted = await posting.greet(client, Secret(settings.slack_webhook_url or ""))
    if isinstance(greeted, Failed):
        return [_not("Slack", greeted)]
    return [ok("Slack", "The webhook takes messages.")]


async def statuspage(client: http.Client, settings: Settings) -> Sequence[Finding]:
    """Does the page show its incidents to our key?"""
    token, page_id = Secret(settings.statuspage_token or ""), settings.statuspage_page_id or ""
    looked = await incidents.find(Page.of(client, settings.statuspage_api_url, token, page_id), "doctor")
    if isinstance(looked, Failed):
        return [_not("Statuspage", looked)]
    return [ok("Statuspage", f"Page {page_id} can be written to.")]


def _missing(name: str, settings: Settings) -> list[Finding]:
    needed = {PREFIX + one.upper(): getattr(settings, one) for one in NEEDED[name]}
    missing = [variable for variable, value in needed.items() if value is None]
    if not missing:
        return []
    verb = "is" if len(missing) == 1 else "are"
    detail = f"{' and '.join(missing)} {verb} not set. {WITHOUT[name]}"
    verdict = Verdict.WARNING if len(missing) == len(needed) else Verdict.FAILED
    return [Finding(name, verdict, detail, f"Set up {name}: docs/operations/{name.lower()}.md.")]


def _not(name: str, why: Failed) -> Finding:
    said = why.reason.rstrip(".") or why.kind.replace("_", " ")
    return failed(name, f"It does not do what it should: {said}.", why.remedy or "Try again in a minute.")
