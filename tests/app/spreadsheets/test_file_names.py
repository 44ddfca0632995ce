from __future__ import annotations

import re
from email.message import Message
from email.utils import collapse_rfc2231_value

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.spreadsheets import attachment

FORM = re.compile(
    r"attachment; filename=\"[^\"\\%/\x00-\x1f\x7f-\uffff]+\"; filename\*=UTF-8''[\w!#$&+^`|.~%-]+", re.ASCII
)


@pytest.mark.parametrize(
    ("stem", "plain", "true"),
    [
        ("All revenue 2026-09-01", "All revenue 2026-09-01.csv", "All revenue 2026-09-01.csv"),
        ("Umsätze", "Umsatze.csv", "Umsätze.csv"),
        ("売上", "export.csv", "売上.csv"),
        ('a"; filename=b.exe', "a__ filename=b.exe.csv", "a__ filename=b.exe.csv"),
        ("../../etc/passwd", "_.._etc_passwd.csv", "_.._etc_passwd.csv"),
        ("a\r\nSet-Cookie: b", "a Set-Cookie_ b.csv", "a Set-Cookie_ b.csv"),
        ("a%22b%0d", "a_22b_0d.csv", "a_22b_0d.csv"),
        ("C:\\x", "C__x.csv", "C__x.csv"),
        ("\u202evsc.exe", "vsc.exe.csv", "vsc.exe.csv"),
        ("con", "_con.csv", "_con.csv"),
        ("", "export.csv", "export.csv"),
        (" . . ", "export.csv", "export.csv"),
        ("\ud800", "export.csv", "export.csv"),
        ("x" * 500, "x" * 150 + ".csv", "x" * 150 + ".csv"),
    ],
)
def test_a_browser_reads_both_names(stem: str, plain: str, true: str) -> None:
    value = attachment(stem, "csv")

    assert re.findall(r'filename="(.*?)"', value) == [plain]
    assert decoded(value) == true


@given(st.text())
def test_any_name_makes_one_valid_header(stem: str) -> None:
    value = attachment(stem, "csv")

    assert FORM.fullmatch(value)
    assert len(value) < 800
    assert decoded(value).endswith(".csv")


def decoded(value: str) -> str:
    message = Message()
    message["content-disposition"] = value.replace("filename=", "plain=")
    name = message.get_param("filename", header="content-disposition")
    assert isinstance(name, tuple)
    return collapse_rfc2231_value(name)
