from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.templates import to_html, to_text

LETTER = """\
## Payments *fail*

Since 12:05 UTC.\\
See [our status](https://status.example/7), <https://status.example> or `ops`.

1. checkout
2. payouts
   - weekly

> Sorry.
> Really.

---

    code
"""
TEXT = """\
Payments fail

Since 12:05 UTC.
See our status (https://status.example/7), https://status.example or ops.

1. checkout
2. payouts
   - weekly

> Sorry.
> Really.

---

    code
"""
WORST = [
    *["[", "![", "[a](", "*_", "`", "<a", "&", "\\"],
    "*a ",
    "a**b ",
    "_a__ ",
    "`a``b ",
    "> ",
    "- ",
    "a\n",
    "[a]: b\n",
]


def test_a_letter_becomes_text() -> None:
    assert to_text(LETTER) == TEXT


def test_a_letter_becomes_html() -> None:
    html = to_html(LETTER)

    assert "<h2>Payments <em>fail</em></h2>" in html
    assert '<a href="https://status.example/7">our status</a>' in html
    assert "<ol>\n<li>checkout</li>" in html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScript:alert(1)",
        "data:text/html,a",
        "file:///etc/passwd",
        "//evil.example",
        "/a",
        "a",
        "vbscript:a",
        "https:",
        "mailto:",
    ],
)
def test_links_lead_to_the_web_and_to_mailboxes_only(address: str) -> None:
    assert "href" not in to_html(f"[a]({address}) [b][c]\n\n[c]: {address}") + to_html(f"<{address}>")


@pytest.mark.parametrize("address", ["https://a.example/b?c=d#e", "http://a.example", "mailto:ops@a.example"])
def test_links_to_the_web_and_to_mailboxes_work(address: str) -> None:
    assert f'<a href="{address}">a</a>' in to_html(f"[a]({address})")


@pytest.mark.parametrize(
    "text",
    ["<b>a</b>", "<script>\na\n</script>", "<!-- a -->", "<div\nonclick=a>", "![a](https://a.example/b.png)"],
)
def test_html_stays_text_and_pictures_are_none(text: str) -> None:
    html = to_html(text)

    assert "&lt;" in html or "<a href" in html
    assert not any(tag in html for tag in ("<b", "<script", "<!--", "<div", "<img"))


@given(st.text() | st.text(st.sampled_from("`*_[]()<>&#|~!\"'\\-+=.:/ \t\n1a"), max_size=200))
def test_any_text_becomes_both(text: str) -> None:
    assert "<script" not in to_html(text)
    assert to_text(text).endswith("\n")


@pytest.mark.parametrize("sign", WORST)
def test_no_text_takes_long(sign: str) -> None:
    text = (sign * 20_000)[:20_000]
    began = time.process_time()

    to_html(text)
    to_text(text)

    assert time.process_time() - began < 3


def test_a_longer_text_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at most 20,000 characters"):
        to_html("a" * 20_001)
