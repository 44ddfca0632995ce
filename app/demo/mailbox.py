"""A mail server that keeps every letter and passes none on: the least of RFC 5321 that a relay must speak."""

from __future__ import annotations

import asyncio
import email
from collections import deque
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import Final

from app.demo.loopback.server import HOST

KEPT: Final = 50
LONGEST_LETTER: Final = 1_000_000
LONGEST_LINE: Final = 4096
PATIENCE_SECONDS: Final = 30
ANSWERS: Final = {"EHLO": "250 mailbox", "HELO": "250 mailbox", "QUIT": "221 Goodbye"}
FINE: Final = "250 Fine"
UNKNOWN: Final = "502 Not here"
KNOWN: Final = frozenset({"MAIL", "RCPT", "RSET", "NOOP"})


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as its reader sees it."""

    to: str
    subject: str
    text: str


@dataclass(slots=True)
class Mailbox:
    """The newest letters, the newest first. One that comes twice is there once, as in any mailbox."""

    letters: deque[Letter] = field(default_factory=lambda: deque(maxlen=KEPT))
    ids: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT * 10))

    def keep(self, raw: bytes) -> None:
        """Take a letter in."""
        message = email.message_from_bytes(raw, policy=default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - the policy says so
        key = str(message["Message-ID"])
        if key in self.ids:
            return
        self.ids.append(key)
        body = message.get_body(("plain",))
        text = str(body.get_content()) if body else ""
        self.letters.appendleft(Letter(str(message["To"]), str(message["Subject"]), text))


async def serve(mailbox: Mailbox, port: int) -> asyncio.Server:
    """Listen on loopback until the server is closed."""
    return await asyncio.start_server(partial(_converse, mailbox), HOST, port, limit=LONGEST_LINE)


async def _converse(mailbox: Mailbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await _say(writer, "220 mailbox")
            await _listen(mailbox, reader, writer)
    except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError):
        return  # whoever speaks like that is no mail program
    finally:
        writer.close()


async def _listen(mailbox: Mailbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        word = line[:4].decode("latin-1").upper()
        if word == "DATA":
            await _say(writer, "354 Go on")
            mailbox.keep(await _letter(reader))
        await _say(writer, ANSWERS.get(word, FINE if word in KNOWN | {"DATA"} else UNKNOWN))
        if word == "QUIT":
            return


async def _letter(reader: asyncio.StreamReader) -> bytes:
    lines, size = [], 0
    while (line := await reader.readline()) not in (b".\r\n", b""):
        size += len(line)
        if size > LONGEST_LETTER:
            raise ValueError("too long")
        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
    return b"".join(lines)


async def _say(writer: asyncio.StreamWriter, line: str) -> None:
    writer.write(f"{line}\r\n".encode())
    await writer.drain()
