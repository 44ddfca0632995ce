from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from app.errors import Conflict, InvalidTransition
from app.incidents import resolution, retrospective
from app.incidents.words import Severity
from app.outside import http
from app.outside.github.account import GitHub
from app.outside.secret import Secret
from tests.app.incidents.checklist.steps import ended
from tests.app.incidents.world import World
from tests.fakes import github as fakes

pytestmark = pytest.mark.anyio

BASE = "https://ops.example"
ITEM = "select done_by, evidence_url from checklist_item where key = 'retrospective' and generation = 1"
ROW = "select external_number, external_state, in_project, due_at is not null as again from followup"
TROUBLE = "select last_error from followup"


@dataclass
class Office:
    """The world with a GitHub, and a worker that files."""

    world: World
    theirs: fakes.GitHub
    ours: GitHub

    async def ask(self, number: int) -> None:
        await self.world.do(retrospective.request, self.world.olive, number)

    async def work(self) -> int:
        return await retrospective.file_due(self.world.database, self.ours, BASE)


@pytest.fixture
async def office(world: World) -> AsyncIterator[Office]:
    async with fakes.serving() as theirs, http.opened() as client:
        ours = GitHub.of(client, theirs.url, Secret(theirs.token), "acme/operations", "Operations")
        yield Office(world, theirs, ours)


async def test_the_issue_is_filed_in_operations_and_read_back(office: Office) -> None:
    number = await ended(office.world)
    await office.ask(number)

    assert await office.work() == 1

    [issue] = office.theirs.repository.issues
    assert issue.title == "Retrospective: OPS-1 Checkout is down"
    assert "## Timeline" in issue.body
    assert f"{BASE}/incidents/1" in issue.body
    assert await office.world.rows(ITEM) == [("Olive", issue_url(office))]
    assert await office.world.rows(ROW) == [(1, "open", True, True)]
    assert "retrospective_filed" in await office.world.kinds(number)


def issue_url(office: Office) -> str:
    return f"https://github.example/acme/operations/issues/{office.theirs.repository.issues[0].number}"


async def test_a_lost_reply_makes_no_second_issue(office: Office) -> None:
    number = await ended(office.world)
    office.theirs.faults.shares = {"lose_reply": 0.5}
    await office.ask(number)

    for _ in range(12):
        await office.work()
        await office.world.advance(minutes=1)
    office.theirs.faults.shares = {}
    await office.work()

    assert len(office.theirs.repository.issues) == 1
    assert len(await office.world.rows(ITEM)) == 1
    assert (await office.world.rows(ITEM))[0][0] == "Olive"


async def test_two_workers_at_once_file_one(office: Office) -> None:
    await office.ask(await ended(office.world))

    done = await asyncio.gather(office.work(), office.work(), office.work())

    assert sum(done) == 1
    assert len(office.theirs.repository.issues) == 1


async def test_a_worker_that_died_is_followed_by_one_that_finds_its_issue(office: Office) -> None:
    await office.ask(await ended(office.world))
    await office.work()
    forget = "update followup set external_number = null, external_url = null, in_project = false, due_at = "
    await office.world.change(f"{forget} clock_timestamp(), lease_until = null, lease_token = null")

    await office.work()

    assert len(office.theirs.repository.issues) == 1
    assert await office.world.one("select external_number from followup") == 1


async def test_it_is_not_done_until_the_issue_is_in_the_project(office: Office) -> None:
    office.theirs.repository.projects.clear()
    await office.ask(await ended(office.world))

    await office.work()

    assert await office.world.rows(ITEM) == [(None, None)]
    assert "OPSBOOK_GITHUB_PROJECT" in await office.world.one(TROUBLE)
    office.theirs.repository.add_project("Operations")
    await office.ask(1)
    await office.work()
    assert (await office.world.rows(ITEM))[0][0] == "Olive"
    assert len(office.theirs.repository.issues) == 1


async def test_what_passes_is_tried_again_later(office: Office) -> None:
    await office.ask(await ended(office.world))
    office.theirs.faults.once.append("500")

    await office.work()
    assert await office.work() == 0
    await office.world.advance(seconds=2)
    await office.work()

    assert (await office.world.rows(ITEM))[0][0] == "Olive"


async def test_without_github_it_says_what_to_set(office: Office) -> None:
    await office.ask(await ended(office.world))

    await retrospective.file_due(office.world.database, None, BASE)

    assert "OPSBOOK_GITHUB_TOKEN" in await office.world.one(TROUBLE)


async def test_its_state_is_read_again_while_the_incident_is_in_review(office: Office) -> None:
    await office.ask(await ended(office.world))
    await office.work()
    office.theirs.repository.issues[0].state = "closed"

    await office.world.advance(minutes=16)
    await office.work()

    assert await office.world.rows(ROW) == [(1, "closed", True, False)]


async def test_one_that_is_filed_is_not_asked_for_again(office: Office) -> None:
    number = await ended(office.world)
    await office.ask(number)
    await office.work()

    with pytest.raises(Conflict, match="filed already"):
        await office.ask(number)


async def test_a_reopened_incident_keeps_its_issue(office: Office) -> None:
    world, number = office.world, await ended(office.world, Severity.S2)
    await office.ask(number)
    await office.work()
    await world.do(resolution.reopen, world.ivan, number, reason="It fires again")
    await world.do(resolution.resolve, world.ivan, number)

    await office.ask(number)
    await office.work()

    done = "select done_by from checklist_item where key = 'retrospective' order by generation"
    assert await world.column(done) == ["Olive", "Olive"]
    assert len(office.theirs.repository.issues) == 1


async def test_it_is_asked_for_in_the_review(world: World) -> None:
    number = await world.declare()

    with pytest.raises(InvalidTransition):
        await world.do(retrospective.request, world.olive, number)
