import pytest

from tests.views.samples import Json, at, connection, listed
from views import keyset

pytestmark = pytest.mark.anyio


def row(number: int) -> Json:
    return listed(number, "S2", "RESOLVED", "Refunds are late", number)


def test_a_border_survives_an_address() -> None:
    assert keyset.read_border(keyset.border([row(9), row(7)])) == keyset.key(row(7))
    assert keyset.border([]) == ""


@pytest.mark.parametrize("text", ["", "~", "7", "2026-11-23T04:31:10~7", "never~7", "2026-11-23T04:31:10Z~x"])
def test_what_is_no_border_is_none(text: str) -> None:
    assert keyset.read_border(text) is None


def test_an_entry_of_the_feed_is_ordered_by_when_it_happened_and_its_id() -> None:
    assert keyset.key({"id": "activity_12", "occurredAt": at(0)})[1] == 12


async def test_everything_above_the_border_is_fetched_however_much_came_in() -> None:
    pages = {"c1": connection([row(8), row(7)], more="c2"), "c2": connection([row(6), row(5)], more="c3")}

    async def following(cursor: str) -> keyset.Row:
        return pages[cursor]

    found = await keyset.above(keyset.key(row(6)), connection([row(9)], more="c1"), following)

    assert [one["number"] for one in found] == [9, 8, 7, 6]


async def test_a_border_whose_row_has_left_the_list_still_divides_it() -> None:
    async def following(_cursor: str) -> keyset.Row:
        raise AssertionError("the first page reaches below the border")

    found = await keyset.above(keyset.key(row(6)), connection([row(7), row(5)], more="c1"), following)

    assert [one["number"] for one in found] == [7]
