"""A mail relay on loopback that keeps what it gets, and fails on demand."""

from __future__ import annotations

import asyncio
import email
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Literal, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Trouble = Literal["none", "4xx", "5xx", "no_such_person", "drop_after_data", "hang", "no_farewell"]


@dataclass(slots=True)
class Relay:
    """The relay, at `url`. `letters` holds what arrived, also when its reply was lost."""

    url: str = ""
    trouble: Trouble = "none"
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.trouble == "no_such_person":
            return "550 No such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.trouble in ("4xx", "5xx"):
            return "451 Try again later" if self.trouble == "4xx" else "554 Not taken"
        if self.trouble == "hang":
            await asyncio.Event().wait()
        self._keep(envelope)
        if self.trouble == "drop_after_data":
            _hang_up(server)
        return "250 Taken"

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        if self.trouble == "no_farewell":
            await asyncio.Event().wait()
        return "221 Goodbye"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: object
    ) -> AuthResult:
        """Let anybody in whose password is `right`."""
        login = cast(LoginPassword, data)
        self.logins.append(login.login.decode())
        return AuthResult(success=login.password == b"right", handled=False)  # aiosmtpd answers, not we

    def _keep(self, envelope: Envelope) -> None:
        content = cast(bytes, envelope.content)
        self.letters.append(email.message_from_bytes(content, policy=default))
        self.recipients += envelope.rcpt_tos


@asynccontextmanager
async def serving(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[Relay]:
    """Serve a relay on a free port in this event loop. With `tls` it speaks TLS from the first byte."""
    relay, sessions = Relay(), list[SMTP]()
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        one = SMTP(
            relay, hostname="relay.test", loop=loop, authenticator=relay.authenticate, auth_require_tls=False
        )
        sessions.append(one)
        return one

    server = await loop.create_server(session, "127.0.0.1", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        relay.url = f"{'smtps' if tls else 'smtp'}://127.0.0.1:{port}"
        yield relay
        for one in sessions:
            _hang_up(one)


def _hang_up(session: SMTP) -> None:
    if session.transport is not None:
        cast(asyncio.Transport, session.transport).abort()
