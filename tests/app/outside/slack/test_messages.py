from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.slack.rules import complaint
from app.outside.slack.messages import Button, Message, Mrkdwn, bold, cut, link, plain, written

TEXTS = st.text(max_size=40) | st.sampled_from(
    ["<!channel>", "&amp;", "a" * 4000, "<" * 2000, "*", "|", "\n"]
)


def test_a_message_has_its_parts_in_order(message: Message) -> None:
    body = written(message)

    assert [one["type"] for one in body["blocks"]] == ["section", "context", "actions"]
    assert (
        body["blocks"][0]["text"]["text"] == "*S1* <https://ops.example/incidents/7|OPS-7> Checkout is down"
    )
    assert body["blocks"][2]["elements"][0] == {
        "type": "button",
        "text": {"type": "plain_text", "text": "Acknowledge", "emoji": True},
        "action_id": "acknowledge",
        "value": "opsbook:7:0:1",
        "style": "primary",
    }


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<!channel> & co", "&lt;!channel&gt; &amp; co"),
        ("<@U1>", "&lt;@U1&gt;"),
        ("&lt;", "&amp;lt;"),
    ],
)
def test_no_text_can_call_anybody(text: str, escaped: str) -> None:
    body = written(Message(text=text, sections=[plain(text)]))

    assert plain(text) == escaped
    assert (body["text"], body["blocks"][0]["text"]["text"]) == (escaped, escaped)


def test_a_link_stays_one() -> None:
    assert link("https://a.example/?x=1&y=2|3>", "a|b>") == "<https://a.example/?x=1&amp;y=2%7C3&gt;|a¦b&gt;>"
    assert bold("a*b\nc") == "*a∗b c*"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abcdefgh", "abcdefgh"),
        ("abcdefghi", "abcdefg…"),
        ("abcd&amp;efg", "abcd…"),
        ("abc<https://a|b>", "abc…"),
    ],
)
def test_cutting_leaves_no_half(text: str, expected: str) -> None:
    assert cut(Mrkdwn(text), 8) == expected


def test_too_many_sections_make_room_for_the_buttons(message: Message) -> None:
    many = Message(
        "text", [plain(f"Line {number}") for number in range(80)], message.context, message.buttons
    )

    blocks = written(many)["blocks"]

    assert (len(blocks), blocks[-1]["type"]) == (50, "actions")
    assert blocks[47]["text"]["text"] == "The rest is on the incident's page."


def test_a_value_or_an_address_that_is_too_long_is_left_out_and_not_cut() -> None:
    [actions] = written(Message("t", buttons=[Button("B", "b", "v" * 2001, f"https://{'a' * 3000}")]))[
        "blocks"
    ]

    assert {"value", "url"} & set(actions["elements"][0]) == set()


@given(
    text=TEXTS,
    sections=st.lists(TEXTS.map(plain) | TEXTS.map(bold), max_size=60),
    context=st.lists(TEXTS.map(plain), max_size=12),
    buttons=st.lists(st.builds(Button, TEXTS.filter(bool), TEXTS.filter(bool), TEXTS), max_size=30),
)
def test_whatever_is_said_slack_takes_it(text: str, sections: Any, context: Any, buttons: Any) -> None:
    assert complaint(written(Message(text, sections, context, buttons))) in (None, "no_text")
