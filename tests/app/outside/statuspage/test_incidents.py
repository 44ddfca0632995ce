from dataclasses import replace

import httpx2
import pytest

from app.outside import http
from app.outside.failed import Failed
from app.outside.secret import Secret
from app.outside.statuspage import incidents
from app.outside.statuspage.incidents import Found, Published, Update
from app.outside.statuspage.page import Page
from tests.fakes import statuspage as fake

pytestmark = pytest.mark.anyio


async def test_the_first_update_opens_an_incident(
    ours: Page, theirs: fake.Statuspage, update: Update
) -> None:
    outcome = await incidents.publish(ours, update)

    [made] = theirs.board.incidents
    assert isinstance(outcome, Published)
    assert (outcome.shown.incident_id, outcome.shown.status, outcome.shown.sequence) == (
        made.id,
        "investigating",
        1,
    )
    assert (made.name, made.impact, theirs.board.components["checkout"]) == (
        "Card payments fail",
        "critical",
        "major_outage",
    )
    assert [(one.status, one.body, one.notified) for one in made.entries] == [
        ("investigating", "We are looking into it.", True)
    ]


async def test_later_updates_go_to_the_same_incident(
    ours: Page, theirs: fake.Statuspage, update: Update
) -> None:
    await incidents.publish(ours, update)
    theirs.board.incidents[0].name = "Renamed by a person"

    for sequence, status in ((2, "identified"), (3, "monitoring"), (4, "resolved")):
        later = replace(update, sequence=sequence, status=status, components={"checkout": "operational"})  # type: ignore[arg-type]
        assert isinstance(await incidents.publish(ours, later), Published)

    [made] = theirs.board.incidents
    assert [one.status for one in made.entries] == ["investigating", "identified", "monitoring", "resolved"]
    assert (made.name, theirs.board.components["checkout"]) == ("Renamed by a person", "operational")


async def test_the_same_update_is_shown_once(ours: Page, theirs: fake.Statuspage, update: Update) -> None:
    first = await incidents.publish(ours, update)

    again = await incidents.publish(ours, update)

    assert isinstance(first, Published)
    assert again == Found(first.shown)
    assert len(theirs.board.incidents[0].entries) == 1


async def test_a_late_update_does_not_go_back(ours: Page, theirs: fake.Statuspage, update: Update) -> None:
    await incidents.publish(ours, replace(update, sequence=2, status="monitoring"))

    late = await incidents.publish(ours, update)

    assert isinstance(late, Found)
    assert (late.shown.sequence, theirs.board.incidents[0].status) == (2, "monitoring")


@pytest.mark.parametrize("sequence", [1, 2])
async def test_a_lost_reply_shows_nothing_twice(
    ours: Page, theirs: fake.Statuspage, update: Update, sequence: int
) -> None:
    for number in range(1, sequence):
        await incidents.publish(ours, replace(update, sequence=number))
    looks = 1 if sequence > 1 else 2  # unresolved, then all
    theirs.faults.once.extend([*["none"] * looks, "lose_reply"])  # type: ignore[list-item]

    outcome = await incidents.publish(ours, replace(update, sequence=sequence))

    assert isinstance(outcome, Found)
    assert [len(one.entries) for one in theirs.board.incidents] == [sequence]


@pytest.mark.parametrize("fault", ["500", "lose_reply", "429"])
async def test_whatever_goes_wrong_each_update_is_there_once_in_the_end(
    client: http.Client, theirs: fake.Statuspage, update: Update, fault: str
) -> None:
    theirs.limit.calls = 10_000
    theirs.faults.shares, theirs.faults.retry_after = {fault: 0.4}, 0  # type: ignore[dict-item]

    for sequence in (1, 2, 3):
        for _ in range(25):
            ours = Page.of(client, theirs.url, Secret(theirs.token), theirs.page_id)
            await incidents.publish(ours, replace(update, sequence=sequence, body=f"Update {sequence}"))

    [made] = theirs.board.incidents
    assert [one.body for one in made.entries] == ["Update 1", "Update 2", "Update 3"]


async def test_an_incident_that_a_person_resolved_is_found_still(
    ours: Page, theirs: fake.Statuspage, update: Update
) -> None:
    await incidents.publish(ours, update)
    theirs.board.incidents[0].status = "resolved"

    outcome = await incidents.publish(ours, update)

    assert isinstance(outcome, Found)


async def test_with_its_id_it_is_found_at_once(ours: Page, theirs: fake.Statuspage, update: Update) -> None:
    first = await incidents.publish(ours, update)
    assert isinstance(first, Published)
    theirs.calls.clear()

    await incidents.publish(ours, replace(update, sequence=2, incident_id=first.shown.incident_id))

    path = f"/v1/pages/{theirs.page_id}/incidents/{first.shown.incident_id}"
    assert theirs.calls == [f"GET {path}", f"PATCH {path}"]


async def test_one_that_was_deleted_at_statuspage_is_opened_anew(
    ours: Page, theirs: fake.Statuspage, update: Update
) -> None:
    outcome = await incidents.publish(ours, replace(update, sequence=3, incident_id="gone"))

    assert isinstance(outcome, Published)
    assert len(theirs.board.incidents) == 1


async def test_incidents_of_others_are_left_alone(
    ours: Page, theirs: fake.Statuspage, update: Update
) -> None:
    theirs.board.add({"name": "Card payments fail", "body": "By hand"})
    await incidents.publish(ours, replace(update, incident="opsbook:incident:124"))

    await incidents.publish(ours, update)

    assert [len(one.entries) for one in theirs.board.incidents] == [1, 1, 1]


async def test_name_and_text_are_cut_to_what_statuspage_takes(
    ours: Page, theirs: fake.Statuspage, update: Update
) -> None:
    outcome = await incidents.publish(ours, replace(update, name="n\n" + "n" * 300, body="b" * 30_000))

    [made] = theirs.board.incidents
    assert isinstance(outcome, Published)
    assert (len(made.name), len(made.entries[0].body)) == (255, 25_000)


async def test_readers_of_the_page_see_no_marks(ours: Page, theirs: fake.Statuspage, update: Update) -> None:
    await incidents.publish(ours, update)

    async with httpx2.AsyncClient() as browser:
        answer = await browser.get(f"{theirs.url}/api/v2/summary.json")

    assert answer.json()["incidents"][0]["incident_updates"][0]["body"] == "We are looking into it."
    assert "opsbook" not in answer.text


async def test_a_component_that_is_not_there_is_said(ours: Page, update: Update) -> None:
    outcome = await incidents.publish(ours, replace(update, components={"nothing": "operational"}))

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.permanent, outcome.reason) == ("invalid", True, "Components is invalid")
