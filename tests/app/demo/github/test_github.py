from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from tests.fakes import github as fake
from tests.fakes.github import GitHub

pytestmark = pytest.mark.anyio
ISSUES = "/repos/acme/operations/issues"


@pytest.fixture
async def github() -> AsyncIterator[GitHub]:
    async with fake.serving() as github:
        yield github


@pytest.fixture
async def browser(github: GitHub) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": f"Bearer {github.token}"}
    async with httpx2.AsyncClient(base_url=github.url, headers=headers) as browser:
        yield browser


async def test_a_list_is_cut_into_pages_that_lead_to_each_other(
    github: GitHub, browser: httpx2.AsyncClient
) -> None:
    for number in range(35):
        github.repository.open_issue(f"Issue {number}")

    first = await browser.get(ISSUES)
    second = await browser.get(first.links["next"]["url"])

    assert [one["number"] for one in first.json()] == list(range(35, 5, -1))
    assert [one["number"] for one in second.json()] == [5, 4, 3, 2, 1]
    assert ("next" in second.links, second.links["prev"]["url"]) == (
        False,
        f"{github.url}{ISSUES}?page=1",
    )


async def test_open_ones_are_listed_unless_others_are_asked_for(
    github: GitHub, browser: httpx2.AsyncClient
) -> None:
    github.repository.open_issue("Old", labels=["retrospective"])
    github.repository.close(1)
    github.repository.clock.ahead = timedelta(hours=2)
    github.repository.open_issue("New")
    since = (github.repository.clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    asked: list[dict[str, str]] = [
        {},
        {"state": "all"},
        {"state": "all", "labels": "retrospective"},
        {"state": "all", "since": since},
    ]
    titles = [[one["title"] for one in (await browser.get(ISSUES, params=one)).json()] for one in asked]

    assert titles == [["New"], ["New", "Old"], ["Old"], ["New"]]


async def test_the_search_lags_behind(github: GitHub, browser: httpx2.AsyncClient) -> None:
    github.repository.open_issue("Issue", "a marker:1 in it")
    asked = {"q": 'repo:acme/operations is:issue in:body "marker:1"'}

    before = (await browser.get("/search/issues", params=asked)).json()
    github.repository.clock.ahead = timedelta(minutes=1)
    after = (await browser.get("/search/issues", params=asked)).json()

    assert (before["total_count"], after["total_count"]) == (0, 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"title": "t"}, 201),
        ({"title": " "}, 422),
        ({"title": "t" * 257}, 422),
        ({"title": "t", "body": "b" * 65_537}, 422),
        ({"title": "t", "labels": "retrospective"}, 422),
        ([], 400),
    ],
)
async def test_only_what_is_valid_is_taken(browser: httpx2.AsyncClient, body: object, status: int) -> None:
    assert (await browser.post(ISSUES, json=body)).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Authorization": "Bearer x"}, 401), ({"User-Agent": ""}, 403), ({"X-GitHub-Api-Version": "1"}, 400)],
)
async def test_headers_are_looked_at(
    browser: httpx2.AsyncClient, headers: dict[str, str], status: int
) -> None:
    assert (await browser.get(ISSUES, headers=headers)).status_code == status


async def test_a_used_up_limit_is_told_with_its_reset(github: GitHub, browser: httpx2.AsyncClient) -> None:
    github.limits["core"].calls = 1

    first, second = [await browser.get(ISSUES) for _ in range(2)]

    assert (first.status_code, first.headers["x-ratelimit-remaining"]) == (200, "0")
    assert (second.status_code, "rate limit" in second.json()["message"]) == (403, True)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ('{ repository(owner: "acme", name: "x") { id } }', "Could not resolve to a Repository"),
        ("{ nonsense }", "Cannot query field 'nonsense'"),
        (
            '{ repository(owner: "acme", name: "operations") { projectsV2 { nodes { id } } } }',
            "You must provide a `first` value",
        ),
    ],
)
async def test_wrong_documents_are_answered_200_with_errors(
    browser: httpx2.AsyncClient, document: str, said: str
) -> None:
    answer = await browser.post("/graphql", json={"query": document})

    assert answer.status_code == 200
    assert said in answer.json()["errors"][0]["message"]
