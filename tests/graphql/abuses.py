"""How GraphQL servers are abused, as a table: what is sent, and how the least of all tokens is refused.

Sources: graphql-cop's checks; the protections of GraphQL Armor; OWASP's GraphQL cheat sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import get_introspection_query

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Abuse:
    """One request. `code` is the error it meets; without one it is harmless, and `data` is all it gets."""

    name: str
    source: str
    body: Any = None
    code: str | None = "LIMIT_EXCEEDED"
    status: int = 400
    data: Any = None
    method: str = "POST"
    headers: dict[str, str] | None = None
    params: dict[str, str] | None = None

    def request(self) -> dict[str, Any]:
        """As a client sends it."""
        raw = isinstance(self.body, str | bytes)
        body = {} if self.body is None else {"content": self.body} if raw else {"json": self.body}
        return {"headers": {**(JSON if raw else {}), **(self.headers or {})}, "params": self.params, **body}


def document(text: str, **variables: Any) -> dict[str, Any]:
    return {"query": text, "variables": variables}


def many(text: str, count: int) -> str:
    """Repeat a text, numbered."""
    return " ".join(text.replace("%", str(number)) for number in range(count))


COP, ARMOR, OWASP = "graphql-cop", "GraphQL Armor", "OWASP GraphQL cheat sheet"
RESOLVE = "a%: resolveIncident(input: {number: %}) { userErrors { code } }"
CIRCLE = "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"
DEEP = "incident { alerts { nodes { " * 4 + "id" + " } } }" * 4
WIDE = "incidents(first: 100) { nodes { timeline(first: 100) { nodes { id } } } }"
FRAGMENTS = f"{{ {many('...f%', 60)} }} {many('fragment f% on Query { a%: me { name } }', 60)}"
DOUBLED = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(40))
BOMB = f"{{ ...f0 }} {DOUBLED} fragment f40 on Query {{ now }}"
CYCLE = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"
SQL = "' or 1=1; select pg_sleep(9) --"
SEARCH = "query($t: String) { incidents(filter: {text: $t}) { nodes { id } } }"
NONE: dict[str, Any] = {"incidents": {"nodes": []}}
QUERY = "{ me { name } }"
MUTATION = "mutation { resolveIncident(input: {number: 1}) { userErrors { code } } }"
# What a page of another site could make a browser send.
COOKIE = {"Authorization": "", "Cookie": "__Host-session=x"}
FOREIGN = {"Sec-Fetch-Site": "cross-site"}
TEXT = {"Content-Type": "text/plain"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = {"Content-Type": "multipart/form-data; boundary=x"}
FILE = '--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{}\r\n--x--'
TRACE = {"X-Apollo-Tracing": "1"}
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
BAD, INVALID, UNREADABLE = "BAD_REQUEST", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"

ABUSES = [
    Abuse("a hundred aliases", COP, document(f"{{ me {{ {many('a%: name', 100)} }} }}")),
    Abuse("a batch in an array", COP, [document(QUERY)] * 10, BAD),
    Abuse("a pile of directives", COP, document("{ me { name " + "@aa" * 60 + " } }")),
    Abuse("introspection in a circle", COP, document(CIRCLE), INVALID),
    Abuse("the same field a thousand times", COP, document(f"{{ me {{ {'name ' * 490} }} }}")),
    Abuse(
        "a name that is nearly right", COP, document("{ incident(numbr: 1) { titel } mee { name } }"), INVALID
    ),
    Abuse(
        "a document in the address of a foreign page",
        COP,
        None,
        "UNAUTHENTICATED",
        401,
        method="GET",
        headers=COOKIE,
        params={"query": QUERY},
    ),
    Abuse("a mutation by GET", COP, None, BAD, 405, method="GET", params={"query": MUTATION}),
    Abuse("a form of another site", COP, "query=%7B+me+%7B+name+%7D+%7D", BAD, 415, headers=FORM),
    Abuse("plain text of another site", COP, '{"query":"{ me { name } }"}', BAD, 415, headers=TEXT),
    Abuse("a file in parts", OWASP, FILE, BAD, 415, headers=PARTS),
    Abuse("tracing", COP, document(QUERY), None, 200, {"me": {"name": "least"}}, headers=TRACE),
    Abuse("a document that is none", COP, document("queryy { __typename }"), UNREADABLE),
    Abuse(
        "twelve levels", ARMOR, document(f"{{ incidents {{ nodes {{ alerts {{ nodes {{ {DEEP} }} }} }} }} }}")
    ),
    Abuse("a thousand and one tokens", ARMOR, document("{ me { " + "a " * 1_001 + "} }")),
    Abuse("eleven thousand characters", ARMOR, document("{ me { name } } #" + "x" * 11_000)),
    Abuse("ten thousand objects for one field", ARMOR, document(f"{{ {WIDE} }}")),
    Abuse(
        "a page of a thousand",
        OWASP,
        document("{ incidents(first: 1000) { nodes { id } } }"),
        "INVALID_INPUT",
    ),
    Abuse("fragments that overlap", OWASP, document(FRAGMENTS)),
    Abuse("fragments that double", OWASP, document(BOMB)),
    Abuse("fragments in a circle", OWASP, document(CYCLE), INVALID),
    Abuse("a body of a megabyte", OWASP, b"x" * 1_100_000, "TOO_LARGE", 413),
    Abuse(
        "JSON a hundred thousand deep",
        OWASP,
        '{"query":"{ me { name } }","variables":' + '{"a":' * 100_000,
        BAD,
    ),
    Abuse("a list of a hundred thousand", OWASP, document(SEARCH, t="e", x=["S0"] * 100_000)),
    Abuse("a mutation by many aliases", OWASP, document(f"mutation {{ {many(RESOLVE, 15)} }}")),
    Abuse(
        "an object by a guessed id",
        OWASP,
        document('{ node(id: "incident_1") { id } }'),
        None,
        200,
        {"node": None},
    ),
    Abuse("SQL in a filter", OWASP, document(SEARCH, t=SQL), None, 200, NONE),
    Abuse("U+0000 in a filter", OWASP, document(SEARCH, t="\0"), "INVALID_INPUT"),
    Abuse("what no type has", OWASP, document("{ me { password } }"), INVALID),
    Abuse("another method", OWASP, None, "METHOD_NOT_ALLOWED", 405, method="PUT"),
    Abuse("a mutation that another page sends", OWASP, document(MUTATION), "FORBIDDEN", 403, headers=FOREIGN),
    Abuse("a socket", OWASP, None, BAD, 400, method="GET", headers=UPGRADE),
]
# Nobody who has not signed in learns the schema.
INTROSPECTION = document(get_introspection_query())
