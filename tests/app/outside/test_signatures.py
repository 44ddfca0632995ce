from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.outside.schemes import GITHUB, PAGERDUTY, SLACK, STANDARD, STRIPE, Scheme
from app.outside.signatures import Refusal, Verified, sign, verify

SCHEMES = {"github": GITHUB, "pagerduty": PAGERDUTY, "slack": SLACK, "standard": STANDARD, "stripe": STRIPE}
TIMED = {name: SCHEMES[name] for name in ("slack", "standard", "stripe")}
NOW = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SECRET, OLD_SECRET = "c3dvcmRmaXNo", "bWFybGlu"
BODY = '{"agent": "Zoë 🚒"}'.encode()
ID = "msg_1"

each_scheme = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
each_timed_scheme = pytest.mark.parametrize("scheme", TIMED.values(), ids=TIMED)
some_scheme = st.sampled_from(list(SCHEMES.values()))
IDS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="."), min_size=1)
SECRETS = st.text("abcdefgh", min_size=1).map(lambda text: text * 4)  # base64, too


def signed(scheme: Scheme, *secrets: str, body: bytes = BODY, at: datetime = NOW) -> dict[str, str]:
    return sign(scheme, body, secrets or [SECRET], message_id=ID, now=at)


def said(
    scheme: Scheme, headers: dict[str, str], *secrets: str, body: bytes = BODY, now: datetime = NOW
) -> Verified | Refusal:
    return verify(scheme, headers.items(), body, secrets or [SECRET], now=now)


@given(some_scheme, st.binary(), IDS, SECRETS, st.integers(0, 10**11 - 1))
def test_what_we_sign_is_authentic(
    scheme: Scheme, body: bytes, message_id: str, secret: str, seconds: int
) -> None:
    now = datetime.fromtimestamp(seconds, UTC)

    headers = sign(scheme, body, [secret], message_id=message_id, now=now)

    got = verify(scheme, headers.items(), body, [secret], now=now)
    assert isinstance(got, Verified)
    assert got.message_id == (message_id if scheme.id_header else None)
    assert got.signed_at in (now, None)


@given(some_scheme, st.binary(min_size=1), st.data())
def test_no_byte_of_the_body_may_change(scheme: Scheme, body: bytes, data: st.DataObject) -> None:
    at, other = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(1, 255))
    changed = bytes([*body[:at], body[at] ^ other, *body[at + 1 :]])

    assert said(scheme, signed(scheme, body=body), body=changed) is Refusal.WRONG


@given(IDS, IDS)
def test_no_signed_id_may_change(one: str, other: str) -> None:
    headers = sign(STANDARD, BODY, [SECRET], message_id=one, now=NOW)

    got = said(STANDARD, headers | {"webhook-id": other})

    assert (got is Refusal.WRONG) == (one != other)


@given(st.sampled_from(list(TIMED.values())), st.integers(-300, 300).filter(bool))
def test_no_signed_time_may_change_even_within_the_tolerance(scheme: Scheme, seconds: int) -> None:
    changed = _time_of(signed(scheme, at=NOW + seconds * SECOND), scheme)
    headers = _with_time(signed(scheme), scheme, changed)

    assert said(scheme, headers) is Refusal.WRONG


@given(
    some_scheme,
    st.lists(
        st.tuples(
            st.sampled_from([one for scheme in SCHEMES.values() for one in signed(scheme)]) | st.text(),
            st.text() | st.text("v01=t,. sha256whec_+/AB") | st.integers().map(str) | st.binary().map(repr),
        )
    ),
    st.binary(),
    st.lists(st.text(st.characters())),
)
def test_whatever_comes_is_refused_and_nothing_raises(
    scheme: Scheme, headers: list[tuple[str, str]], body: bytes, secrets: list[str]
) -> None:
    assert isinstance(verify(scheme, headers, body, secrets, now=NOW), Refusal)


@each_scheme
def test_names_of_headers_have_no_case(scheme: Scheme) -> None:
    headers = signed(scheme)

    for names in (map(str.upper, headers), map(str.lower, headers)):
        assert isinstance(said(scheme, dict(zip(names, headers.values(), strict=True))), Verified)


@each_scheme
def test_one_signature_of_two_is_enough_while_a_secret_is_rotated(scheme: Scheme) -> None:
    both = signed(scheme, OLD_SECRET, SECRET)

    assert all(isinstance(said(scheme, both, one), Verified) for one in (OLD_SECRET, SECRET))
    assert isinstance(said(scheme, signed(scheme, OLD_SECRET), SECRET, OLD_SECRET), Verified)
    assert said(scheme, signed(scheme, OLD_SECRET), SECRET) is Refusal.WRONG


@each_scheme
@pytest.mark.parametrize("change", [str.upper, lambda it: it[:-1], lambda it: it + "é", lambda it: "v2" + it])
def test_a_signature_is_right_as_a_whole(scheme: Scheme, change: object) -> None:
    headers = signed(scheme)
    headers[scheme.header] = change(headers[scheme.header])  # type: ignore[operator]

    assert said(scheme, headers) in (Refusal.WRONG, Refusal.MISSING)


def test_signatures_of_other_kinds_in_the_list_are_passed_over() -> None:
    headers = signed(STANDARD)
    genuine = headers["webhook-signature"]

    for more in (f"v1a,AAAA {genuine}", f"v1 {genuine}  v1,", f"{genuine} v2,AAAA"):
        assert isinstance(said(STANDARD, headers | {"webhook-signature": more}), Verified)


def test_signatures_may_have_spaces_between_them() -> None:
    header = signed(STRIPE, SECRET, OLD_SECRET)["Stripe-Signature"].replace(",", " , ")

    assert isinstance(said(STRIPE, {"Stripe-Signature": header}), Verified)


@each_scheme
@pytest.mark.parametrize("secrets", [[], [""], ["", ""], ["\ud800"]])
def test_nothing_is_authentic_without_a_secret(scheme: Scheme, secrets: list[str]) -> None:
    assert verify(scheme, signed(scheme).items(), BODY, secrets, now=NOW) is Refusal.NO_KEY


def test_a_secret_that_cannot_be_read_spoils_no_other() -> None:
    assert isinstance(said(STANDARD, signed(STANDARD), "whsec_*", SECRET), Verified)
    assert said(STANDARD, signed(STANDARD), "whsec_*") is Refusal.NO_KEY


@each_scheme
def test_a_header_that_is_needed_must_be_there_once(scheme: Scheme) -> None:
    headers = signed(scheme)
    needed = [name for name in headers if name != scheme.id_header or "{id}" in scheme.signed]

    for name in needed:
        assert said(scheme, headers | {name: " "}) is Refusal.MISSING
    for name, value in headers.items():
        twice = [*headers.items(), (name.upper(), value)]
        assert verify(scheme, twice, BODY, [SECRET], now=NOW) is Refusal.REPEATED


@pytest.mark.parametrize("scheme", [PAGERDUTY, GITHUB])
def test_an_id_that_is_not_signed_may_be_absent(scheme: Scheme) -> None:
    headers = signed(scheme)
    del headers[scheme.id_header or ""]

    assert said(scheme, headers) == Verified(None, None)


@each_timed_scheme
@pytest.mark.parametrize("time", ["soon", "-1", "1.5", "1e9", "١٢٣", "0x10", "9" * 12, "1 2"])
def test_a_time_is_whole_seconds(scheme: Scheme, time: str) -> None:
    assert said(scheme, _with_time(signed(scheme), scheme, time)) is Refusal.GARBLED


def test_a_second_time_among_the_signatures_is_refused() -> None:
    header = signed(STRIPE)["Stripe-Signature"]

    assert said(STRIPE, {"Stripe-Signature": f"{header},t=1"}) is Refusal.REPEATED
    assert said(STRIPE, {"Stripe-Signature": header.partition(",")[2]}) is Refusal.MISSING


@each_timed_scheme
@pytest.mark.parametrize(
    ("age_seconds", "refusal"),
    [(300, None), (301, Refusal.TOO_OLD), (-300, None), (-301, Refusal.TOO_NEW), (10**9, Refusal.TOO_OLD)],
)
def test_five_minutes_are_the_most_that_clocks_may_differ(
    scheme: Scheme, age_seconds: int, refusal: Refusal | None
) -> None:
    got = said(scheme, signed(scheme), now=NOW + age_seconds * SECOND)

    assert got is refusal or (refusal is None and isinstance(got, Verified))


def test_what_is_forged_is_wrong_before_it_is_old() -> None:
    assert said(STANDARD, signed(STANDARD, OLD_SECRET), now=NOW + timedelta(days=1)) is Refusal.WRONG


@pytest.mark.parametrize("message_id", ["a.b", "", "a b", "é", "x" * 256, None])
def test_an_id_that_would_blur_what_is_signed_is_neither_sent_nor_taken(message_id: str | None) -> None:
    with pytest.raises(InvalidInput, match="full stop"):
        sign(STANDARD, BODY, [SECRET], message_id=message_id, now=NOW)

    taken = said(STANDARD, signed(STANDARD) | {"webhook-id": message_id or ""})
    assert taken in (Refusal.GARBLED, Refusal.MISSING)


@pytest.mark.parametrize("secrets", [[], [""], [SECRET, ""], ["\ud800"]])
def test_nothing_goes_out_unsigned(secrets: Iterable[str]) -> None:
    with pytest.raises(InvalidInput, match="secret"):
        sign(STANDARD, BODY, secrets, message_id=ID, now=NOW)


def test_a_time_is_never_judged_without_a_clock() -> None:
    with pytest.raises(ValueError, match="database"):
        verify(STANDARD, signed(STANDARD).items(), BODY, [SECRET], now=None)


def _time_of(headers: dict[str, str], scheme: Scheme) -> str:
    if scheme.time_header:
        return headers[scheme.time_header]
    return headers[scheme.header].partition(",")[0].removeprefix(scheme.time_label or "")


def _with_time(headers: dict[str, str], scheme: Scheme, time: str) -> dict[str, str]:
    if scheme.time_header:
        return headers | {scheme.time_header: time}
    signatures = headers[scheme.header].partition(",")[2]
    return {scheme.header: f"{scheme.time_label}{time},{signatures}"}
