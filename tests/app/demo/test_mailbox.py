from __future__ import annotations

import asyncio

import pytest

from app.demo import mailbox
from app.demo.mailbox import Letter, Mailbox
from app.outside import mail
from app.outside.mail import Accepted, Mail

pytestmark = pytest.mark.anyio


async def sent(*ids: str, text: str = "Hello") -> Mailbox:
    box = Mailbox()
    async with await mailbox.serve(box, 0) as server:
        port = server.sockets[0].getsockname()[1]
        for key in ids:
            letter = Mail(to="cto@example.com", subject="Problems", text=text, message_id=key)
            assert await mail.send(f"smtp://127.0.0.1:{port}", "ops@example.com", letter) == Accepted()
    return box


async def test_a_letter_is_kept_as_its_reader_sees_it() -> None:
    box = await sent("a@x", text=".First\nSecond ü")

    assert list(box.letters) == [Letter("cto@example.com", "Problems", ".First\nSecond ü\n")]


async def test_the_same_letter_twice_is_one() -> None:
    assert len((await sent("a@x", "a@x", "b@x")).letters) == 2


async def test_whoever_speaks_nonsense_hears_so_and_is_let_go() -> None:
    box = Mailbox()
    async with await mailbox.serve(box, 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"GET / HTTP/1.1\r\nQUIT\r\n")
        said = await reader.read()
        writer.close()

    assert said.split(b"\r\n")[:3] == [b"220 mailbox", b"502 Not here", b"221 Goodbye"]
