from __future__ import annotations

from typing import Any

import pytest

from app.errors import InvalidInput
from app.security.permissions import Actor
from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio

POST = """mutation($n: Int!, $affected: [String!]!, $text: String) {
    postStatusUpdate(input: {number: $n, audience: COMMUNITY, publicStatus: IDENTIFIED, affected: $affected,
                             summary: "Some payments fail.", text: $text}) {
        statusUpdate { id seq audience publicStatus subject body affected templatePath sentAt nextUpdateAt
                       isOwn needsApproval deliveryCounts { channel state count } }
        userErrors { code path }
    }
}"""
APPROVE = """mutation($id: ID!) { approveStatusUpdate(input: {statusUpdateId: $id}) {
    statusUpdate { sentAt approvedBy } userErrors { code } } }"""
PREVIEW = """query($text: String) {
    statusUpdatePreview(input: {number: 1, audience: COMMUNITY, publicStatus: IDENTIFIED,
                                affected: ["payments"], summary: "Some fail.", text: $text}) {
        html subject needsApproval changes { change }
    }
}"""


async def written(house: House, number: int, actor: Actor | None = None, **options: Any) -> Any:
    answer = await house.ask(POST, actor, n=number, **{"affected": ["payments", "refunds"], **options})
    return answer["postStatusUpdate"]


async def test_a_message_is_written_sent_and_read_back(house: House) -> None:
    answer = await written(house, 2)

    message = answer["statusUpdate"]
    assert answer["userErrors"] == []
    assert message["sentAt"] is not None
    assert message["nextUpdateAt"] is not None
    assert message["affected"] == ["payments", "refunds"]
    assert message["templatePath"] == "docs/operations/templates/incident-community-identified.md"
    assert message["deliveryCounts"] == [
        {"channel": "slack", "state": "queued", "count": 1},
        {"channel": "statuspage", "state": "queued", "count": 1},
    ]


async def test_of_a_severe_incident_somebody_else_approves_it(house: House) -> None:
    message = (await written(house, 1))["statusUpdate"]

    alone = await house.ask(APPROVE, house.olive, id=message["id"])
    approved = await house.ask(APPROVE, house.paula, id=message["id"])

    assert (message["sentAt"], message["isOwn"], message["needsApproval"]) == (None, True, True)
    assert alone["approveStatusUpdate"]["userErrors"] == [{"code": "FORBIDDEN"}]
    assert approved["approveStatusUpdate"]["statusUpdate"]["approvedBy"] == "Paula"


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"affected": []}, ["input", "affected"]),
        ({"text": "We fix {{ nothing }}"}, ["input", "text"]),
        ({"text": "We fix {{ details }}"}, ["input", "details"]),
    ],
)
async def test_what_is_missing_is_named(house: House, options: dict[str, Any], path: list[str]) -> None:
    answer = await written(house, 2, **options)

    assert answer["statusUpdate"] is None
    assert answer["userErrors"] == [{"code": "INVALID_INPUT", "path": path}]


async def test_a_preview_keeps_nothing(house: House) -> None:
    answer = await house.ask(PREVIEW)

    assert answer["statusUpdatePreview"]["needsApproval"] is True
    assert answer["statusUpdatePreview"]["html"].startswith("<p>We have found the cause")
    assert await house.rows("select 1 from status_update") == []


async def test_a_preview_that_lacks_something_says_where(house: House) -> None:
    with pytest.raises(InvalidInput) as raised:
        await house.ask(PREVIEW, text="{{ advice }}")

    assert raised.value.path == ("advice",)


async def test_who_only_reads_writes_nothing(house: House) -> None:
    answer = await written(house, 2, house.token)

    assert answer["userErrors"][0]["code"] == "FORBIDDEN"
    assert await house.ask(PREVIEW, house.token) == {"statusUpdatePreview": None}


async def test_a_draft_begins_from_the_template_and_from_what_was_said_last(house: House) -> None:
    await written(house, 2)

    answer = await house.ask(
        "{ statusUpdateDraft(number: 2, audience: COMMUNITY) { publicStatus text given templatePath } }"
    )

    draft = answer["statusUpdateDraft"]
    assert draft["publicStatus"] == "IDENTIFIED"
    assert draft["text"].startswith("We have found the cause of the problems with {{ affected }}")
    assert draft["given"]["affected"] == ["payments", "refunds"]


async def test_an_incident_says_how_many_words_are_late(house: House) -> None:
    late = "update obligation set due_at = clock_timestamp() - interval '1 second' where incident_id = 3"
    async with house.database.engine.begin() as connection:
        await connection.exec_driver_sql(f"{late} and kind = 'first_public_update'")

    answer = await house.ask("{ incidents(first: 3) { nodes { number updatesOverdue } } }")

    assert {one["number"]: one["updatesOverdue"] for one in answer["incidents"]["nodes"]} == {
        1: 0,
        2: 0,
        3: 1,
    }
