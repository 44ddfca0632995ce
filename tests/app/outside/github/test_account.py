import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.outside import http
from app.outside.failed import Failed
from app.outside.github import issues, projects
from app.outside.github.account import GitHub, graphql_url
from app.outside.github.issues import Created, Draft, Issue
from app.outside.secret import Secret
from tests.fakes import github as fake
from tests.fakes import raw

pytestmark = pytest.mark.anyio
AN_ISSUE = Issue(1, "I_1", "https://github.example/1", "open", "Retrospective")


async def test_wrong_token_is_named_and_not_quoted(
    client: http.Client, theirs: fake.GitHub, draft: Draft
) -> None:
    ours = GitHub.of(client, theirs.url, Secret("wrong-token"), "acme/operations", "Operations")

    filed = await issues.file(ours, draft)

    assert isinstance(filed, Failed)
    assert (filed.kind, filed.permanent, filed.reason) == ("unauthenticated", True, "Bad credentials")
    assert "OPSBOOK_GITHUB_TOKEN" in filed.remedy
    assert "wrong-token" not in repr(filed) + repr(ours)


async def test_wrong_repository_has_a_remedy_that_names_the_variable(
    client: http.Client, theirs: fake.GitHub, draft: Draft
) -> None:
    ours = GitHub.of(client, theirs.url, Secret(theirs.token), "acme/typo", "Operations")

    filed = await issues.file(ours, draft)

    assert isinstance(filed, Failed)
    assert (filed.kind, filed.permanent) == ("not_found", True)
    assert "OPSBOOK_GITHUB_REPOSITORY" in filed.remedy


async def test_token_without_the_right_is_told_so(ours: GitHub, theirs: fake.GitHub, draft: Draft) -> None:
    theirs.rights.discard("issues")

    filed = await issues.file(ours, draft)

    assert isinstance(filed, Failed)
    assert (filed.kind, filed.permanent, filed.retry_after) == ("forbidden", True, None)


async def test_switched_off_issues_and_a_new_name_have_remedies(
    ours: GitHub, theirs: fake.GitHub, draft: Draft
) -> None:
    theirs.repository.has_issues = False
    off = await issues.file(ours, draft)
    theirs.repository.renamed_to = "acme/ops"
    moved = await issues.file(ours, draft)

    assert isinstance(off, Failed)
    assert isinstance(moved, Failed)
    assert (off.kind, off.permanent, moved.kind, moved.permanent) == ("gone", True, "moved", True)
    assert "OPSBOOK_GITHUB_REPOSITORY" in off.remedy
    assert "OPSBOOK_GITHUB_REPOSITORY" in moved.remedy


async def test_what_github_finds_wrong_is_said(ours: GitHub, draft: Draft) -> None:
    filed = await issues.file(ours, replace(draft, labels=(7,)))  # type: ignore[arg-type]

    assert isinstance(filed, Failed)
    assert (filed.kind, filed.permanent) == ("invalid", True)
    assert filed.reason == "Validation Failed; labels invalid"


async def test_used_up_limit_is_kept_to_until_it_is_reset(
    ours: GitHub, theirs: fake.GitHub, draft: Draft
) -> None:
    theirs.limits["core"].calls = 2

    filed = await issues.file(ours, draft)
    again = await issues.file(ours, draft)

    assert isinstance(filed, Created)
    assert isinstance(again, Failed)
    assert (again.kind, again.permanent) == ("throttled", False)
    assert again.retry_after
    assert timedelta(minutes=59) < again.retry_after <= timedelta(hours=1)
    assert len([call for call in theirs.calls if "/repos/" in call]) == 2


@pytest.mark.parametrize(("told", "kept_to"), [(30, timedelta(seconds=30)), (None, timedelta(minutes=1))])
async def test_secondary_limit_is_kept_to_though_it_is_a_403(
    ours: GitHub, theirs: fake.GitHub, draft: Draft, told: int | None, kept_to: timedelta
) -> None:
    theirs.faults.always, theirs.faults.retry_after = "429", told

    filed = await issues.file(ours, draft)
    await issues.file(ours, draft)

    assert isinstance(filed, Failed)
    assert (filed.kind, filed.permanent, filed.retry_after) == ("throttled", False, kept_to)
    assert len(theirs.calls) == 1


async def test_github_that_hangs_is_given_up(
    ours: GitHub, theirs: fake.GitHub, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.outside.json_api.TIMEOUT", timedelta(seconds=0.1))
    theirs.faults.always = "hang"

    filed = await issues.file(ours, draft)

    assert isinstance(filed, Failed)
    assert (filed.kind, filed.permanent, filed.may_have_arrived) == ("timeout", False, True)


async def test_requests_have_the_headers_that_github_wants(client: http.Client, draft: Draft) -> None:
    async with raw.answering(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n") as server:
        await issues.file(
            GitHub.of(client, server.url, Secret("t0k"), "acme/operations", "Operations"), draft
        )

    head = server.heads[0]
    for header in (
        "Accept: application/vnd.github+json",
        "Authorization: Bearer t0k",
        "User-Agent: Opsbook",
        "X-GitHub-Api-Version: 2022-11-28",
    ):
        assert header in head


async def test_an_enterprise_server_is_asked_at_its_own_addresses(
    client: http.Client, theirs: fake.GitHub, draft: Draft
) -> None:
    url = f"{theirs.url}/api/v3/"
    ours = GitHub.of(client, url, Secret(theirs.token), "acme/operations", "Operations")

    filed = await issues.file(ours, draft)
    assert isinstance(filed, Created)
    placed = await projects.place(ours, filed.issue)

    assert isinstance(placed, projects.Placed)
    assert {call.split()[1].split("/")[2] for call in theirs.calls} == {"v3", "graphql"}


@pytest.mark.parametrize(
    ("api_url", "expected"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql"),
        ("https://github.acme.example/api/v3", "https://github.acme.example/api/graphql"),
    ],
)
def test_address_of_graphql_follows_from_that_of_rest(api_url: str, expected: str) -> None:
    assert graphql_url(api_url) == expected


FIELDS = """
    data repository owner projectsV2 nodes pageInfo hasNextPage endCursor node projectItems project id number
    title errors type message items body node_id html_url state
"""
NAMES = st.sampled_from(FIELDS.split())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("Operations"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=15,
)
BODIES = st.binary(max_size=30) | VALUES.map(lambda value: json.dumps(value).encode())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, status=st.sampled_from([200, 201, 204, 302, 403, 404, 422, 500]))
async def test_whatever_is_answered_nothing_raises(
    client: http.Client, draft: Draft, body: bytes, status: int
) -> None:
    head = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    async with raw.answering(head + body) as server:
        ours = GitHub.of(client, server.url, Secret("t"), "acme/operations", "Operations")
        said: list[Any] = [
            await issues.file(ours, draft),
            await issues.read(ours, 1),
            await projects.place(ours, AN_ISSUE),
        ]

    assert all(isinstance(one, Failed | issues.Created | issues.Found | Issue) for one in said[:2])
    assert isinstance(said[2], Failed | projects.Placed)
