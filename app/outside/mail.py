"""Mail: the second channel when PagerDuty does not take a page, and sign-in links. What fails is data."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import formatdate, getaddresses
from typing import Literal

import aiosmtplib

from app.errors import Misconfigured
from app.outside.relay import Relay

TIMEOUT = timedelta(seconds=15)
FAREWELL = timedelta(seconds=1)
PERMANENT = 500  # RFC 5321, section 4.2.1: 5yz will fail again, 4yz may not
MAX_SUBJECT = 200
MAX_REASON = 300

# What a browser takes in an e-mail field; the email package fails in odd ways on wilder ones.
ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d-]+(\.[a-z\d-]+)*", re.ASCII | re.IGNORECASE)

FailedKind = Literal[
    "timeout",
    "connection_refused",
    "connection_reset",
    "unreachable",
    "tls",
    "refused",
    "unsendable",
    "misconfigured",
]


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter to one person.

    `message_id` is the idempotence key, such as `page-17@ops.example`: a repeat is the same letter.
    `references` are the ids of earlier letters on the same incident, which puts them in one thread.
    `unsubscribe_url` takes a reader off a list by one press of their mail program.
    """

    to: str
    subject: str
    text: str = field(repr=False)
    message_id: str
    html: str | None = field(default=None, repr=False)
    references: Sequence[str] = ()
    unsubscribe_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The relay took the letter."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The relay did not say that it took the letter. `permanent`: sending it again cannot help."""

    kind: FailedKind
    permanent: bool
    reason: str = ""


async def send(smtp_url: str, sender: str, mail: Mail, *, within: timedelta = TIMEOUT) -> Accepted | Failed:
    """Send one letter once. `within` covers all of it, from the name look-up to the relay's last word."""
    try:
        relay, message = Relay.parse(smtp_url), written(sender, mail)
    except Misconfigured as error:
        return Failed("misconfigured", permanent=True, reason=error.message)
    except (ValueError, IndexError, HeaderParseError):  # what email.headerregistry raises for a bad address
        return Failed("unsendable", permanent=True, reason="An address, an id or the text is not valid.")
    try:
        async with asyncio.timeout(within.total_seconds()), _conversation(relay) as client:
            await client.send_message(message)
    except (aiosmtplib.SMTPException, OSError) as error:
        return _failed(error, relay)
    return Accepted()


async def greet(smtp_url: str, *, within: timedelta = TIMEOUT) -> Accepted | Failed:
    """Go as far as one can without a letter: connect, encrypt and sign in."""
    try:
        relay = Relay.parse(smtp_url)
    except Misconfigured as error:
        return Failed("misconfigured", permanent=True, reason=error.message)
    try:
        async with asyncio.timeout(within.total_seconds()), _conversation(relay) as client:
            await client.noop()
    except (aiosmtplib.SMTPException, OSError) as error:
        return _failed(error, relay)
    return Accepted()


def written(sender: str, mail: Mail) -> EmailMessage:
    """Write the letter. No text can add a header or a recipient.

    Raises: ValueError, IndexError or HeaderParseError when an address or a message id is not valid.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender)
    message["To"] = _address(mail.to)
    message["Subject"] = _one_line(mail.subject)[:MAX_SUBJECT]
    message["Date"] = formatdate()
    message["Message-ID"] = _bracketed(mail.message_id)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    if mail.references:
        message["References"] = " ".join(map(_bracketed, mail.references))
        message["In-Reply-To"] = _bracketed(mail.references[-1])
    if mail.unsubscribe_url is not None:
        message["List-Unsubscribe"] = _Unfolded(f"<{mail.unsubscribe_url}>")
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058, section 3.1
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message


class _Unfolded(str):
    """An address that stays on one line: the email package would fold a long one by encoding it."""

    name = "List-Unsubscribe"

    def fold(self, *, policy: Policy) -> str:
        """Write the header; a line may have 998 characters (RFC 5322, section 2.1.1)."""
        return f"{self.name}: {self}{policy.linesep}"


def _address(text: str) -> Address:
    [(name, address)] = getaddresses([text])  # two are none: a ValueError
    if not ADDRESS.fullmatch(address) or _one_line(text) != text:
        raise ValueError("no address")
    return Address(display_name=name, addr_spec=address)


def _bracketed(message_id: str) -> str:
    if not message_id.isascii() or set(message_id) & set("<> ") or not message_id.isprintable():
        raise ValueError("no message id")
    return f"<{message_id}>"


def _one_line(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text).strip()


@asynccontextmanager
async def _conversation(relay: Relay) -> AsyncIterator[aiosmtplib.SMTP]:
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.tls == "always",
        start_tls={"always": False, "upgrade": True, "if_offered": None}[relay.tls],
        username=relay.user,
        password=relay.password.reveal() if relay.password else None,
        timeout=None,  # the whole is timed by the caller
    )
    try:
        await client.connect()
        yield client
        # What was to be said is said; a farewell that fails changes nothing.
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=FAREWELL.total_seconds())
    finally:
        client.close()


def _failed(error: Exception, relay: Relay) -> Failed:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        reason = _one_line(relay.masked(error.message))[:MAX_REASON]
        return Failed("refused", permanent=error.code >= PERMANENT, reason=f"{error.code} {reason}")
    if not isinstance(error, OSError):  # the relay cannot do what we need, such as STARTTLS
        return Failed("refused", permanent=False, reason=_one_line(str(error)))
    return Failed(_kind(error), permanent=False)


def _kind(error: OSError) -> FailedKind:
    cause = error.__cause__ or error
    for types, kind in _KINDS:
        if isinstance(error, types) or isinstance(cause, types):
            return kind
    return "unreachable"


_KINDS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], FailedKind], ...] = (
    ((TimeoutError, aiosmtplib.SMTPTimeoutError), "timeout"),
    (ssl.SSLError, "tls"),
    (ConnectionRefusedError, "connection_refused"),
    ((aiosmtplib.SMTPServerDisconnected, ConnectionResetError, BrokenPipeError), "connection_reset"),
)
