from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.errors import Unavailable
from app.observability.inquiry import Inquiry

pytestmark = pytest.mark.anyio


class Oracle:
    """Answers how often it was asked, once it is let to."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def ask(self) -> int:
        self.asked += 1
        asked = self.asked
        await self.may_answer.wait()
        return asked


async def test_many_who_want_to_know_ask_once() -> None:
    oracle = Oracle()
    inquiry = Inquiry(oracle.ask)

    waiting = [asyncio.create_task(inquiry.answer()) for _ in range(100)]
    await asyncio.sleep(0)
    oracle.may_answer.set()

    assert await asyncio.gather(*waiting) == [1] * 100


async def test_the_next_who_asks_gets_a_fresh_answer() -> None:
    oracle = Oracle()
    oracle.may_answer.set()
    inquiry = Inquiry(oracle.ask)

    assert [await inquiry.answer(), await inquiry.answer()] == [1, 2]


async def test_nobody_waits_for_ever_and_what_hangs_is_not_asked_again() -> None:
    oracle = Oracle()
    inquiry = Inquiry(oracle.ask, within=timedelta(milliseconds=5))

    for _ in range(3):
        with pytest.raises(Unavailable, match=r"no answer within 0\.005 s"):
            await inquiry.answer()

    assert oracle.asked == 1
    oracle.may_answer.set()  # a question that is open when its loop closes complains in another test
    await inquiry.answer()


async def test_an_error_that_comes_too_late_is_nobodys_business() -> None:
    later = asyncio.Event()

    async def ask() -> int:
        await later.wait()
        raise ValueError("too late")

    inquiry = Inquiry(ask, within=timedelta(milliseconds=5))
    with pytest.raises(Unavailable):
        await inquiry.answer()
    later.set()
    with pytest.raises(ValueError, match="too late"):
        await inquiry.answer()


async def test_who_leaves_does_not_take_the_question_along() -> None:
    oracle = Oracle()
    inquiry = Inquiry(oracle.ask)
    leaves, stays = (asyncio.create_task(inquiry.answer()) for _ in range(2))
    await asyncio.sleep(0)

    leaves.cancel()
    await asyncio.sleep(0)
    oracle.may_answer.set()

    assert await stays == 1
