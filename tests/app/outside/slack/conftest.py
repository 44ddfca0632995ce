from collections.abc import AsyncIterator

import pytest

from app.outside.slack.messages import Button, Message, bold, joined, link, plain
from tests.fakes import slack as fake

VALUE = "opsbook:7:0:1"


@pytest.fixture
async def slack() -> AsyncIterator[fake.Slack]:
    async with fake.serving() as slack:
        yield slack


@pytest.fixture
def message() -> Message:
    return Message(
        text="S1: Checkout is down",
        sections=[
            joined(bold("S1"), link("https://ops.example/incidents/7", "OPS-7"), plain("Checkout is down"))
        ],
        context=[plain("Olive is paged.")],
        buttons=[
            Button("Acknowledge", "acknowledge", VALUE, style="primary"),
            Button("Open", "open", url="https://ops.example/incidents/7"),
        ],
    )
