"""What GraphQL over HTTP demands of a server, as a table: what is sent, and what must come back.

The identifiers are those of the audits of the reference implementation, graphql-http.
Source: GraphQL over HTTP, Working Draft.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
NAME = "{ __typename }"
TYPE = {"query": "query Type($name: String!) { __type(name: $name) { name } }", "variables": {"name": "some"}}
NAMED = {"query": "query Query { __typename }", "operationName": "Query"}
UNKNOWN = "{ field_that_no_schema_has }"
UNGIVEN = {"query": "query Wants($id: ID!) { __typename }", "variables": {"id": None}}
NO_OBJECT: tuple[Any, ...] = ("string", 0, False, ["array"])
NO_STRING: tuple[Any, ...] = ({"obj": "ect"}, 0, False, ["array"])
OK, BAD = range(200, 201), range(400, 401)
REFUSED, REFUSED_OR_BROKEN = range(400, 500), range(400, 600)


@dataclass(frozen=True)
class Fact:
    """One demand. A `body` of text is sent as it is, an object as JSON, none at all not."""

    id: str
    level: Literal["MUST", "SHOULD", "MAY"]
    what: str
    status: range
    body: Any = None
    accept: str | None = None
    type: str | None = JSON
    params: dict[str, str] | None = None
    answered_in: str | None = None
    without: str | None = None


def facts() -> Iterator[Fact]:
    """All 61."""
    yield from MEDIA_TYPES
    yield from METHODS
    yield from PARAMETERS
    yield from _wrong("LKJ", "query", NO_STRING)
    yield from _wrong("6C0", "operationName", NO_STRING)
    yield from _wrong("476", "variables", NO_OBJECT)
    yield from _wrong("58B", "extensions", NO_OBJECT)
    for number, name in enumerate(("variables", "operationName", "extensions")):
        body, what = {"query": NAME, name: None}, f"null as `{name}`"
        yield Fact(f"94B{number}", "SHOULD", what, OK, body, GRAPHQL, without="errors")
        yield Fact(f"022{number}", "MUST", what, OK, body, JSON, without="errors")
    yield from FAILURES


def _wrong(prefix: str, name: str, values: tuple[Any, ...]) -> Iterator[Fact]:
    for number, value in enumerate(values):
        body = {"query": NAME, name: value}
        yield Fact(f"{prefix}{number}", "MAY", f"`{name}` of the wrong type is a 400", BAD, body)


Q = {"query": NAME}
MEDIA_TYPES = [
    Fact("22EB", "SHOULD", "the new media type when it is asked for", OK, Q, GRAPHQL, answered_in=GRAPHQL),
    Fact("4655", "MUST", "plain JSON when it is asked for", OK, Q, JSON, answered_in=JSON),
    Fact("47DE", "SHOULD", "plain JSON for whoever takes anything", OK, Q, "*/*", answered_in=JSON),
    Fact("80D8", "SHOULD", "plain JSON for whoever does not say", OK, Q, answered_in=JSON),
    Fact("82A3", "MUST", "answers in UTF-8", OK, Q),
    Fact(
        "BF61",
        "MUST",
        "requests in UTF-8, said so",
        OK,
        {"query": '{ __type(name: "Läuft🏃☎") { name } }'},
        type=f"{JSON}; charset=utf-8",
    ),
    Fact("78D5", "MUST", "requests in UTF-8, not said so", OK, Q),
]
METHODS = [
    Fact("2C94", "MUST", "POST", OK, Q),
    Fact("03D4", "MUST", "POST of JSON", OK, Q),
    Fact("5A70", "MAY", "GET with the document in the address", OK, params=Q),
    Fact("9C48", "MAY", "no mutation by GET", REFUSED, accept=GRAPHQL, params={"query": f"mutation {NAME}"}),
    Fact("9ABE", "SHOULD", "no POST without a media type", REFUSED, '{"query":"{ __typename }"}', type=None),
    Fact("A5BF", "MAY", "no POST without a body", BAD),
]
PARAMETERS = [
    Fact("423L", "MAY", "a document is demanded", BAD, {"notquery": NAME}, GRAPHQL),
    Fact("8764", "MAY", "a misspelt parameter is refused", REFUSED_OR_BROKEN, {"qeury": NAME}),
    Fact("3E3A", "MAY", "a misspelt parameter is a 400", BAD, {"qeury": NAME}),
    Fact("34A2", "SHOULD", "`query` as text", OK, Q, GRAPHQL),
    Fact("13EE", "MUST", "`query` as text", OK, Q, JSON, without="errors"),
    Fact("8161", "SHOULD", "`operationName` as text", OK, NAMED, GRAPHQL),
    Fact("B8B3", "MUST", "`operationName` as text", OK, NAMED, JSON, without="errors"),
    Fact("2EA1", "SHOULD", "`variables` as an object", OK, TYPE, GRAPHQL),
    Fact("28B9", "MUST", "`variables` as an object", OK, TYPE, JSON, without="errors"),
    Fact("428F", "SHOULD", "`extensions` as an object", OK, {**Q, "extensions": {"some": "value"}}, GRAPHQL),
    Fact(
        "1B7A",
        "MUST",
        "`extensions` as an object",
        OK,
        {**Q, "extensions": {"some": "value"}},
        JSON,
        without="errors",
    ),
]
IN_ADDRESS = {"query": str(TYPE["query"]), "variables": '{"name":"some"}'}
BROKEN = '{ "not a JSON'
FAILURES = [
    Fact(
        "D6D5", "MAY", "`variables` in the address", OK, accept=GRAPHQL, params=IN_ADDRESS, without="errors"
    ),
    Fact("6A70", "MAY", "`variables` in the address", OK, accept=JSON, params=IN_ADDRESS, without="errors"),
    Fact("B6DC", "MAY", "broken JSON is answered", range(200, 600), BROKEN, JSON),
    Fact("BCF8", "SHOULD", "broken JSON is a 400", BAD, BROKEN, JSON),
    Fact("B7N8", "SHOULD", "broken JSON is a 400", BAD, BROKEN, GRAPHQL),
    Fact("572B", "SHOULD", "a document that cannot be read is a 200 in plain JSON", OK, {"query": "{"}, JSON),
    Fact(
        "FDE2", "SHOULD", "a document that is not valid is a 200 in plain JSON", OK, {"query": UNKNOWN}, JSON
    ),
    Fact("7B9B", "SHOULD", "a wrong variable is a 200 in plain JSON", OK, UNGIVEN, JSON),
    Fact("865D", "SHOULD", "a document that cannot be read", REFUSED_OR_BROKEN, {"query": "{"}, GRAPHQL),
    Fact("556A", "SHOULD", "a document that cannot be read is a 400", BAD, {"query": "{"}, GRAPHQL),
    Fact("D586", "SHOULD", "and has no data", BAD, {"query": "{"}, GRAPHQL, without="data"),
    Fact("51FE", "SHOULD", "a document that is not valid", REFUSED_OR_BROKEN, {"query": UNKNOWN}, GRAPHQL),
    Fact("74FF", "SHOULD", "a document that is not valid is a 400", BAD, {"query": UNKNOWN}, GRAPHQL),
    Fact("5E5B", "SHOULD", "and has no data", BAD, {"query": UNKNOWN}, GRAPHQL, without="data"),
    Fact("86EE", "SHOULD", "a wrong variable is a 400", BAD, UNGIVEN, GRAPHQL),
]
