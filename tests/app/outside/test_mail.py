import socket
from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import Misconfigured
from app.outside import mail
from app.outside.mail import Accepted, Failed, Mail
from app.outside.relay import Relay
from tests.app.outside.certificates import self_signed
from tests.fakes import mail as fake

SENDER = "Opsbook <ops@opsbook.example>"
SOON = timedelta(seconds=0.3)


def a_letter(**changes: object) -> Mail:
    content = {
        "to": "olive@opsbook.example",
        "subject": "Page: Checkout is down",
        "text": "Acknowledge: https://ops.example/a",
        "message_id": "page-17@ops.example",
        **changes,
    }
    return Mail(**content)  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_letter_arrives_with_its_id_and_thread() -> None:
    letter = a_letter(html="<p>Acknowledge</p>", references=("incident-7@ops.example", "page-16@ops.example"))

    async with fake.serving() as relay:
        outcome = await mail.send(relay.url, SENDER, letter)

    assert (outcome, relay.recipients) == (Accepted(), ["olive@opsbook.example"])
    got = relay.letters[0]
    assert (got["From"], got["Subject"]) == (SENDER, "Page: Checkout is down")
    assert (got["Message-ID"], got["In-Reply-To"]) == ("<page-17@ops.example>", "<page-16@ops.example>")
    assert got["References"] == "<incident-7@ops.example> <page-16@ops.example>"
    assert got["Date"]
    assert [part.get_content_type() for part in got.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        ("4xx", Failed("refused", permanent=False, reason="451 Try again later")),
        ("5xx", Failed("refused", permanent=True, reason="554 Not taken")),
        ("no_such_person", Failed("refused", permanent=True, reason="550 No such person here")),
        ("drop_after_data", Failed("connection_reset", permanent=False)),
        ("hang", Failed("timeout", permanent=False)),
    ],
)
async def test_what_the_relay_does_is_data(trouble: fake.Trouble, outcome: Failed) -> None:
    async with fake.serving() as relay:
        relay.trouble = trouble
        got = await mail.send(relay.url, SENDER, a_letter(), within=SOON)

    assert got == outcome


def test_a_way_out_of_a_list_stays_whole_however_long_it_is() -> None:
    url = f"https://ops.example/hooks/unsubscribe/{'a' * 300}"

    lines = mail.written(SENDER, a_letter(unsubscribe_url=url)).as_bytes().decode().splitlines()

    assert f"List-Unsubscribe: <{url}>" in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


@pytest.mark.anyio
async def test_lost_reply_and_repeat_carry_the_same_id() -> None:
    async with fake.serving() as relay:
        for relay.trouble in ("drop_after_data", "none"):
            await mail.send(relay.url, SENDER, a_letter())

    assert [one["Message-ID"] for one in relay.letters] == ["<page-17@ops.example>"] * 2


@pytest.mark.anyio
async def test_relay_that_does_not_say_goodbye_has_taken_the_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "FAREWELL", timedelta(seconds=0.05))

    async with fake.serving() as relay:
        relay.trouble = "no_farewell"
        assert await mail.send(relay.url, SENDER, a_letter()) == Accepted()


@pytest.mark.anyio
async def test_nobody_listening_is_to_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    got = await mail.send(f"smtp://127.0.0.1:{port}", SENDER, a_letter())

    assert got == Failed("connection_refused", permanent=False)


@pytest.mark.anyio
async def test_login_comes_from_the_url() -> None:
    async with fake.serving() as relay:
        url = relay.url.replace("://", "://olive%40ops:right@")
        outcome = await mail.send(url, SENDER, a_letter())

    assert (outcome, relay.logins) == (Accepted(), ["olive@ops"])


@pytest.mark.anyio
async def test_wrong_password_is_refused_and_not_quoted() -> None:
    async with fake.serving() as relay:
        outcome = await mail.send(relay.url.replace("://", "://olive:hush-hush@"), SENDER, a_letter())

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.permanent) == ("refused", True)
    assert "hush" not in repr(outcome)


@pytest.mark.anyio
async def test_relay_without_starttls_is_not_trusted_when_it_is_demanded() -> None:
    async with fake.serving() as relay:
        outcome = await mail.send(relay.url.replace("smtp:", "smtp+starttls:"), SENDER, a_letter())

    assert isinstance(outcome, Failed)
    assert (outcome.kind, relay.letters) == ("refused", [])


@pytest.mark.anyio
async def test_certificate_of_a_stranger_is_not_trusted(tmp_path: Path) -> None:
    async with fake.serving(tls=self_signed(tmp_path)) as relay:
        outcome = await mail.send(relay.url, SENDER, a_letter())

    assert (outcome, relay.letters) == (Failed("tls", permanent=False), [])


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "olive@opsbook.example\r\nBcc: all@opsbook.example"},
        {"to": "olive@opsbook.example, all@opsbook.example"},
        {"to": "not an address"},
        {"to": ""},
        {"message_id": "a@b>\r\nBcc: all@opsbook.example"},
        {"message_id": ""},
        {"references": ("a@b> <c@d",)},
    ],
)
@pytest.mark.anyio
async def test_address_or_id_that_could_add_a_header_is_refused(changes: dict[str, object]) -> None:
    async with fake.serving() as relay:
        outcome = await mail.send(relay.url, SENDER, a_letter(**changes))

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.permanent, relay.letters) == ("unsendable", True, [])


@pytest.mark.anyio
async def test_subject_of_many_lines_becomes_one() -> None:
    subject = "Down\r\nBcc: all@opsbook.example\r\n\r\nBody\0\u2028é"

    async with fake.serving() as relay:
        await mail.send(relay.url, SENDER, a_letter(subject=subject))

    assert relay.letters[0]["Subject"] == "Down  Bcc: all@opsbook.example    Body  é"
    assert relay.recipients == ["olive@opsbook.example"]


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://relay.example", Relay("relay.example", 25, "if_offered")),
        ("smtp://relay.example:2525", Relay("relay.example", 2525, "if_offered")),
        ("smtps://relay.example", Relay("relay.example", 465, "always")),
        ("smtp+starttls://relay.example", Relay("relay.example", 587, "upgrade")),
    ],
)
def test_relay_is_read_from_its_url(url: str, relay: Relay) -> None:
    assert Relay.parse(url) == relay


def test_password_never_travels_in_the_clear_to_another_machine() -> None:
    away, here = Relay.parse("smtp://o:hush@relay.example"), Relay.parse("smtp://o:hush@127.0.0.1")

    assert (away.tls, here.tls) == ("upgrade", "if_offered")
    assert "hush" not in repr(away)


@pytest.mark.parametrize("url", ["", "relay.example", "http://relay.example", "smtp://", "smtp://relay:port"])
@pytest.mark.anyio
async def test_url_that_names_no_relay_is_named_by_its_variable(url: str) -> None:
    with pytest.raises(Misconfigured, match="OPSBOOK_SMTP_URL"):
        Relay.parse(url)

    outcome = await mail.send(url, SENDER, a_letter())
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.permanent) == ("misconfigured", True)


@pytest.mark.anyio
async def test_a_greeting_signs_in_and_sends_nothing() -> None:
    async with fake.serving() as relay:
        outcome = await mail.greet(relay.url.replace("//", "//olive:right@"))

    assert outcome == Accepted()
    assert (relay.logins, relay.letters) == (["olive"], [])


@pytest.mark.anyio
async def test_a_greeting_with_a_wrong_password_is_refused() -> None:
    async with fake.serving() as relay:
        outcome = await mail.greet(relay.url.replace("//", "//olive:wrong@"))

    assert isinstance(outcome, Failed)
    assert outcome.kind == "refused"


@pytest.mark.anyio
async def test_a_greeting_where_nobody_listens_says_so() -> None:
    outcome = await mail.greet("smtp://127.0.0.1:1")

    assert outcome == Failed("connection_refused", permanent=False)


@pytest.mark.anyio
async def test_a_greeting_to_no_relay_names_the_variable() -> None:
    outcome = await mail.greet("http://relay.example")

    assert isinstance(outcome, Failed)
    assert (outcome.kind, "OPSBOOK_SMTP_URL" in outcome.reason) == ("misconfigured", True)
