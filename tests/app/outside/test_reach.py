"""Addresses that lead inside, and URLs that hide one."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outside.networks import unmapped
from app.outside.reach import Reach
from tests.app.outside.inside import ADDRESSES, URLS

ANYWHERE = Reach()
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "192.0.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]


def test_there_are_as_many_examples_as_demanded() -> None:
    assert len(ADDRESSES) + len(URLS) >= 55


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_inside_is_not_dialled(address: str) -> None:
    assert ANYWHERE.refuses_dial(address, 443) == "blocked_address"


@pytest.mark.parametrize(("url", "kind"), URLS.items())
def test_a_url_that_hides_something_is_refused_as_it_is_entered(url: str, kind: str) -> None:
    assert ANYWHERE.refuses(url) == kind


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_dialled(address: str) -> None:
    assert ANYWHERE.refuses_dial(address, 443) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example/opsbook?key=1#top",
        "http://hooks.example",
        "HTTPS://Hooks.Example:443/",
        "https://hooks.example./",
        "https://büro.example/",
        "https://a_b.1st.example/",
        "https://1.1.1.1/",
        "http://[2606:4700:4700::1111]:80/",
        f"https://{'a' * 63}.example/",
    ],
)
def test_a_plain_url_may_be_entered(url: str) -> None:
    assert ANYWHERE.refuses(url) is None


@pytest.mark.parametrize(
    ("address", "port"), [("10.1.2.3", 8080), ("::ffff:10.1.2.3", 8080), ("10.1.2.3", 80), ("8.8.8.8", 443)]
)
def test_an_allowed_network_is_reached_on_any_port(address: str, port: int) -> None:
    assert Reach((ip_network("10.0.0.0/8"),)).refuses_dial(address, port) is None


@pytest.mark.parametrize(
    ("address", "port", "kind"),
    [
        ("11.1.2.3", 8080, "blocked_port"),
        ("192.168.0.1", 8080, "blocked_port"),
        ("192.168.0.1", 80, "blocked_address"),
        ("fe80::1", 80, "blocked_address"),
    ],
)
def test_allowing_one_network_allows_no_other(address: str, port: int, kind: str) -> None:
    assert Reach((ip_network("10.0.0.0/8"),)).refuses_dial(address, port) == kind


def test_an_address_with_a_zone_is_not_dialled_even_in_an_allowed_network() -> None:
    assert Reach((ip_network("fe80::/10"),)).refuses_dial("fe80::1%eth0", 80) == "blocked_address"


def test_another_port_may_be_entered_once_a_network_is_allowed() -> None:
    assert ANYWHERE.refuses("http://hooks.example:8080") == "blocked_port"
    assert Reach((ip_network("10.0.0.0/8"),)).refuses("http://hooks.example:8080") is None


@given(st.ip_addresses().map(str) | st.ip_addresses(network="2000::/3").map(str))
def test_whatever_is_dialled_is_global_in_pythons_eyes_too(address: str) -> None:
    if ANYWHERE.refuses_dial(address, 443) is None:
        assert unmapped(ip_address(address)).is_global


@given(st.text() | st.text().map("http://{}".format) | st.text("0123456789.xX:[]%@/").map("http://{}".format))
def test_any_text_is_a_url_or_refused(url: str) -> None:
    assert ANYWHERE.refuses(url) in (
        *(None, "bad_url"),
        *("blocked_scheme", "blocked_userinfo", "blocked_port", "blocked_address"),
    )
