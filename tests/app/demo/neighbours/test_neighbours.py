import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from subprocess import Popen

import httpx2
import pytest

from app import settings
from app.demo.loopback.server import serving
from app.demo.neighbours.app import Neighbours, create
from app.outside import http
from app.outside.github import issues, projects
from app.outside.github.account import GitHub
from app.outside.github.issues import Created, Draft
from app.outside.secret import Secret
from app.outside.slack.messages import Button, Message, plain
from app.outside.slack.posting import Posted, post
from app.outside.statuspage.incidents import Published, Update, publish
from app.outside.statuspage.page import Page
from tests.fakes import inbox as inboxes

pytestmark = pytest.mark.anyio


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
async def neighbours(port: int) -> AsyncIterator[Neighbours]:
    neighbours = Neighbours(f"http://127.0.0.1:{port}")
    async with serving(create(neighbours), port):
        yield neighbours


async def tell(neighbours: Neighbours) -> None:
    found = settings.read(neighbours.settings())
    message = Message(
        "Checkout is down", [plain("Checkout & co")], buttons=[Button("Acknowledge", "acknowledge", "7")]
    )
    draft = Draft(
        "opsbook:incident:7:1", "Retrospective of OPS-7", "b", datetime.now(UTC), ("retrospective",)
    )
    update = Update("opsbook:incident:7", 1, "Card payments fail", "investigating", "We look into it.")
    async with http.opened() as client:
        assert await post(client, Secret(found.slack_webhook_url or ""), message) == Posted()
        github = GitHub.of(
            client,
            found.github_api_url,
            Secret(found.github_token or ""),
            found.github_repository or "",
            "Operations",
        )
        filed = await issues.file(github, draft)
        assert isinstance(filed, Created)
        assert isinstance(await projects.place(github, filed.issue), projects.Placed)
        page = Page.of(
            client,
            found.statuspage_api_url,
            Secret(found.statuspage_token or ""),
            found.statuspage_page_id or "",
        )
        assert isinstance(await publish(page, update), Published)


async def test_the_page_shows_what_opsbook_told_all_three(neighbours: Neighbours) -> None:
    await tell(neighbours)

    async with httpx2.AsyncClient() as browser:
        page = (await browser.get(f"{neighbours.address}/")).text

    for shown in (
        "Checkout &amp; co",
        ">Acknowledge</button>",
        "Card payments fail",
        "We look into it.",
        "#1 Retrospective of OPS-7",
        "open, in Operations, retrospective",
    ):
        assert shown in page


async def test_a_button_on_the_page_presses_the_one_in_slack(neighbours: Neighbours) -> None:
    await tell(neighbours)
    path = f"{neighbours.address}/press/{neighbours.slack.channel.messages[0].ts}"

    async with inboxes.opened() as inbox, httpx2.AsyncClient() as browser:
        neighbours.slack.pressing.url = inbox.url
        pressed = await browser.post(f"{path}/acknowledge")
        foreign = await browser.post(f"{path}/acknowledge", headers={"Sec-Fetch-Site": "cross-site"})
        absent = await browser.post(f"{path}/nothing")

    assert (pressed.status_code, foreign.status_code, absent.status_code) == (303, 404, 404)
    assert len(inbox.received) == 1
    assert b"slack%2Factions%2FT0ACME" in inbox.received[0].body


async def test_they_run_as_a_process_of_their_own(port: int) -> None:
    arguments = ("--port", str(port), "--statuspage-token", "t")
    with Popen([sys.executable, "-m", "app.demo.neighbours", *arguments]) as process:
        try:
            async with httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(retries=8)) as client:
                page = await client.get(f"http://127.0.0.1:{port}/", timeout=10)
                url = f"http://127.0.0.1:{port}/statuspage/v1/pages/kctbh9vrtdwd/incidents"
                listed = await client.get(url, headers={"Authorization": "OAuth t"})
        finally:
            process.terminate()

    assert "All is well." in page.text
    assert listed.json() == []
