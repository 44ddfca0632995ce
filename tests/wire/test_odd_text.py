"""Whatever is typed into a field or an address, nothing breaks: it is taken, refused or not found."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.wire.conftest import FORM, HTML, SAME_ORIGIN, Town, furnish
from tests.wire.routes import COMMANDS, MACHINES, OUTSIDE, PAGES, address

pytestmark = pytest.mark.anyio

ODD = {
    "nothing": b"",
    "U+0000": b"a\0b",
    "half a surrogate": "\ud800".encode("utf-8", "surrogatepass"),
    "no UTF-8": b"\xff\xfe",
    "a number that is none": "²".encode(),
    "a number without end": b"9" * 5000,
    "controls": b"\r\nSet-Cookie: a=b\x1b[31m\x7f",
    "directions": "\u202e\u2066\u200b".encode(),
    "a document": b"<script>alert(1)</script>'\"--{{7*7}}${7*7}%s%n",
}
PARAMETERS = (
    "text",
    "severity",
    "status",
    "after",
    "until",
    "region",
    "q",
    "stream",
    "number",
    "show",
    "next",
    "key",
)
TAKES_NO_BODY = {"/sign-out", "/settings/people/{id}/deactivation"}  # would shut out who asks


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
async def test_an_odd_text_breaks_no_form(own_town: Town, odd: bytes) -> None:
    await furnish(own_town)
    forms = {path: (max(one.may), one.form) for path, one in COMMANDS.items()}
    forms |= {path: ("ivan", form) for path, form in OUTSIDE.items()}

    answers = {}
    for path, (who, form) in forms.items():
        for field in () if path in TAKES_NO_BODY else (*form, "version"):
            encoded = {name: quote(text) for name, text in form.items()} | {field: quote(odd)}
            body = "&".join(f"{name}={text}" for name, text in encoded.items()).encode()
            answer = await own_town.ask(
                "POST", address(path), who, headers=[*SAME_ORIGIN, *FORM, *HTML], body=body
            )
            answers[path, field] = answer.status
            await own_town.sign_in(who)

    assert {where: status for where, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
async def test_an_odd_text_breaks_no_address(town: Town, odd: bytes) -> None:
    query = "&".join(f"{name}={quote(odd)}" for name in PARAMETERS)
    segments = [address(path).rpartition("/")[0] + f"/{quote(odd[:1000], safe='')}" for path in PAGES]

    targets = [*(f"{address(path)}?{query}" for path in PAGES), *segments]
    answers = {target: (await town.ask("GET", target, "ada", headers=HTML)).status for target in targets}

    assert {where[:80]: status for where, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
async def test_an_odd_text_breaks_no_header(town: Town, odd: bytes) -> None:
    text = odd.translate(None, b"\0\r\n\x1b\x7f").decode("latin-1")
    cookies = "; ".join(
        f"{name}={text}" for name in ("__Host-session", "__Host-flash", "__Host-theme", "__Host-tz")
    )
    names = ("accept", "accept-encoding", "user-agent", "if-none-match", "hx-request", "referer")

    headers = [("cookie", cookies), ("authorization", f"Bearer {text}"), *((name, text) for name in names)]
    answers = [(await town.ask("GET", "/sign-in", headers=[*HTML, one])).status for one in headers]

    assert [status for status in answers if status >= 500] == []


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("path", MACHINES)
async def test_an_odd_body_breaks_nothing_at_a_machines_address(town: Town, path: str, odd: bytes) -> None:
    headers = [("authorization", "Bearer x"), ("content-type", "application/json")]

    answer = await town.ask("POST", address(path), headers=headers, body=odd)

    assert 400 <= answer.status < 500
