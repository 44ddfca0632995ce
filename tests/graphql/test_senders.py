"""What senders declare, by GraphQL: tried, kept and read back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio

CREATE = 'mutation { createSource(input: {name: "shop", format: "%s"}) { source { id } secret example } }'
PREVIEW = """query ($mapping: JSON!, $example: String!) {
    mappingPreview(mapping: $mapping, example: $example) { action dedupKey summary severity verdict reason }
}"""
DECLARE = """mutation ($mapping: JSON!, $example: String!) {
    declareMapping(input: {sourceId: "source_1", mapping: $mapping, example: $example}) {
        source { mapping mappingExample } userErrors { code path message }
    }
}"""
BEAT = """mutation { changeHeartbeat(input: {sourceId: "source_1", everySeconds: %d, graceSeconds: 60,
    severity: "critical", scope: "platform"}) {
        source { heartbeat { everySeconds graceSeconds severity scope lastBeatAt dueAt missedAt } }
        userErrors { code path }
    }
}"""
TOLD = {"summary": "name", "dedup_key": "uid", "severity": "level", "severity_words": {"P1": "critical"}}
EXAMPLE = '{"name": "The disk is full", "uid": 7, "level": "P1"}'


async def ask(house: House, document: str, **values: Any) -> Any:
    return await house.ask(document, house.ada, **values)


async def test_a_new_source_comes_with_an_example_that_holds_its_key(house: House) -> None:
    made = (await ask(house, CREATE % "cloudevents"))["createSource"]

    assert f"Bearer {made['secret']}" in made["example"]
    assert "/ingest/cloudevents/shop" in made["example"]


async def test_a_mapping_is_tried_without_being_kept(house: House) -> None:
    await ask(house, CREATE % "json")

    (alert,) = (await ask(house, PREVIEW, mapping=TOLD, example=EXAMPLE))["mappingPreview"]

    assert (alert["action"], alert["dedupKey"], alert["severity"]) == ("trigger", "7", "critical")
    assert (alert["verdict"], "critical" in alert["reason"]) == ("S1", True)
    assert await house.rows("select 1 from audit_event where action = 'source.map'") == []


async def test_a_mapping_is_kept_with_its_example(house: House) -> None:
    await ask(house, CREATE % "json")

    answer = (await ask(house, DECLARE, mapping=TOLD, example=EXAMPLE))["declareMapping"]

    assert answer["source"] == {"mapping": TOLD, "mappingExample": EXAMPLE}


async def test_what_is_wrong_with_a_mapping_is_named(house: House) -> None:
    await ask(house, CREATE % "json")

    wrong = (await ask(house, DECLARE, mapping={**TOLD, "summary": "a..b"}, example=EXAMPLE))[
        "declareMapping"
    ]
    unread = (await ask(house, DECLARE, mapping=TOLD, example="{}"))["declareMapping"]

    assert wrong["userErrors"][0]["path"] == ["input", "mapping", "summary"]
    assert unread["userErrors"][0]["path"] == ["input", "example"]


async def test_a_heartbeat_is_read_back_in_its_new_rhythm(house: House) -> None:
    await ask(house, CREATE % "heartbeat")

    changed = (await ask(house, BEAT % 3600))["changeHeartbeat"]["source"]["heartbeat"]
    refused = (await ask(house, BEAT % 1))["changeHeartbeat"]["userErrors"]

    assert changed == {
        "everySeconds": 3600,
        "graceSeconds": 60,
        "severity": "critical",
        "scope": "platform",
        **dict.fromkeys(("lastBeatAt", "dueAt", "missedAt")),
    }
    assert refused == [{"code": "INVALID_INPUT", "path": ["input", "everySeconds"]}]
