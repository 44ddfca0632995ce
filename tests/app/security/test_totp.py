from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.security import totp

# Source: RFC 6238, appendix B, for SHA-1; of its eight digits the last six.
RFC_SECRET = b32encode(b"12345678901234567890").decode()
VECTORS = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)

    assert totp.code(RFC_SECRET, totp.step_at(moment)) == code
    assert totp.step_of(RFC_SECRET, code, moment) == totp.step_at(moment)


@pytest.mark.parametrize(("off", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_counts_for_half_a_minute_before_and_after_its_own(off: int, counts: bool) -> None:
    moment = datetime(2026, 11, 25, 4, 0, 15, tzinfo=UTC)
    code = totp.code(RFC_SECRET, totp.step_at(moment + off * totp.STEP))

    assert (totp.step_of(RFC_SECRET, code, moment) is not None) is counts


@pytest.mark.parametrize("typed", ["", "1", "28708", "2870820", "abcdef", "٢٨٧٠٨٢", "\udcff"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert totp.step_of(RFC_SECRET, typed, datetime.fromtimestamp(59, UTC)) is None


def test_a_secret_has_160_random_bits_and_no_two_are_alike() -> None:
    secrets = {totp.new_secret() for _ in range(50)}

    assert len(secrets) == 50
    assert {len(one) for one in secrets} == {32}


def test_an_app_reads_whose_code_it_is_from_the_address() -> None:
    uri = urlsplit(totp.uri("JBSWY3DP", "olive+ops@example.com"))

    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Opsbook%3Aolive%2Bops%40example.com")
    assert parse_qs(uri.query) == {"secret": ["JBSWY3DP"], "issuer": ["Opsbook"]}
    assert timedelta(seconds=30) == totp.STEP
