from dataclasses import replace
from datetime import timedelta

import pytest

from app.outside import http
from app.outside.failed import Failed
from app.outside.github import issues
from app.outside.github.account import GitHub
from app.outside.github.issues import Created, Draft, Found, Issue
from app.outside.secret import Secret
from tests.app.outside.github.conftest import MARKER
from tests.fakes import github as fake

pytestmark = pytest.mark.anyio


async def test_an_issue_is_created_with_its_marker(ours: GitHub, theirs: fake.GitHub, draft: Draft) -> None:
    filed = await issues.file(ours, draft)

    [made] = theirs.repository.issues
    assert isinstance(filed, Created)
    assert (filed.issue.number, filed.issue.node_id, filed.issue.state) == (1, made.node_id, "open")
    assert (made.title, made.labels) == (draft.title, ("retrospective",))
    assert made.body == f"{draft.body}\n\n<!-- {MARKER} -->\n"


async def test_filing_again_finds_it(ours: GitHub, theirs: fake.GitHub, draft: Draft) -> None:
    first = await issues.file(ours, draft)

    again = await issues.file(ours, draft)

    assert isinstance(first, Created)
    assert again == Found(first.issue)
    assert len(theirs.repository.issues) == 1


async def test_a_lost_reply_makes_no_second_issue(ours: GitHub, theirs: fake.GitHub, draft: Draft) -> None:
    theirs.faults.once.extend(["none", "none", "lose_reply"])  # the list, the search, the creation

    filed = await issues.file(ours, draft)

    assert isinstance(filed, Found)
    assert len(theirs.repository.issues) == 1


@pytest.mark.parametrize("fault", ["500", "lose_reply", "429"])
async def test_whatever_goes_wrong_there_is_one_issue_in_the_end(
    client: http.Client, theirs: fake.GitHub, draft: Draft, fault: str
) -> None:
    theirs.faults.shares = {fault: 0.4}  # type: ignore[dict-item]
    theirs.faults.retry_after = 0

    for _ in range(40):
        ours = GitHub.of(client, theirs.url, Secret(theirs.token), "acme/operations", "Operations")
        await issues.file(ours, draft)

    assert len(theirs.repository.issues) == 1


async def test_it_is_found_when_its_label_was_taken_off_and_it_was_closed(
    ours: GitHub, theirs: fake.GitHub, draft: Draft
) -> None:
    theirs.rights.discard("labels")
    await issues.file(ours, draft)
    theirs.repository.close(1)

    again = await issues.file(ours, draft)

    assert isinstance(again, Found)
    assert (again.issue.state, again.issue.closed_at is not None) == ("closed", True)


async def test_it_is_found_behind_many_others_and_a_pull_request_that_quotes_it(
    ours: GitHub, theirs: fake.GitHub, draft: Draft
) -> None:
    theirs.repository.open_issue("Quote", f"<!-- {MARKER} -->", is_pull_request=True)
    await issues.file(ours, draft)
    for number in range(120):
        theirs.repository.open_issue(f"Other {number}")

    again = await issues.file(ours, draft)

    assert isinstance(again, Found)
    assert again.issue.number == 2


async def test_of_two_with_the_marker_the_older_counts(
    ours: GitHub, theirs: fake.GitHub, draft: Draft
) -> None:
    for _ in range(2):
        theirs.repository.open_issue("Retrospective", f"<!-- {MARKER} -->")

    filed = await issues.file(ours, draft)

    assert isinstance(filed, Found)
    assert filed.issue.number == 1


async def test_an_old_one_is_found_by_searching(ours: GitHub, theirs: fake.GitHub, draft: Draft) -> None:
    await issues.file(ours, draft)
    theirs.repository.clock.ahead = timedelta(days=1)

    again = await issues.file(ours, replace(draft, begun_at=draft.begun_at + timedelta(days=1)))

    assert isinstance(again, Found)


async def test_without_a_search_the_list_is_enough(ours: GitHub, theirs: fake.GitHub, draft: Draft) -> None:
    theirs.repository.has_search = False

    assert isinstance(await issues.file(ours, draft), Created)
    assert isinstance(await issues.file(ours, draft), Found)


async def test_while_the_search_is_throttled_nothing_is_made_for_nobody_is_in_a_hurry(
    ours: GitHub, theirs: fake.GitHub, draft: Draft
) -> None:
    theirs.limits["search"].calls = 0

    filed = await issues.file(ours, draft)

    assert isinstance(filed, Failed)
    assert (filed.kind, filed.permanent, theirs.repository.issues) == ("throttled", False, [])


async def test_a_similar_marker_is_another(ours: GitHub, theirs: fake.GitHub, draft: Draft) -> None:
    await issues.file(ours, replace(draft, marker=f"{MARKER}1"))

    filed = await issues.file(ours, draft)

    assert isinstance(filed, Created)


async def test_title_and_body_are_cut_to_what_github_takes(
    ours: GitHub, theirs: fake.GitHub, draft: Draft
) -> None:
    long = replace(draft, title="Long\n" * 100, body="x" * 70_000)

    filed = await issues.file(ours, long)

    [made] = theirs.repository.issues
    assert isinstance(filed, Created)
    assert (len(made.title) <= 256, len(made.body), "\n" in made.title) == (True, 65_536, False)
    assert made.body.endswith(f"…\n\n<!-- {MARKER} -->\n")


@pytest.mark.parametrize("marker", ["", "a b", "a-->b", "a--b", "é", "a>"])
async def test_a_marker_that_could_end_its_comment_is_refused(
    ours: GitHub, draft: Draft, marker: str
) -> None:
    with pytest.raises(ValueError, match="marker"):
        await issues.file(ours, replace(draft, marker=marker))


async def test_an_issue_is_read_with_its_state(ours: GitHub, theirs: fake.GitHub) -> None:
    theirs.repository.open_issue("Retrospective")
    theirs.repository.close(1)

    found = await issues.read(ours, 1)

    assert isinstance(found, Issue)
    assert (found.state, found.url) == ("closed", "https://github.example/acme/operations/issues/1")


async def test_a_deleted_issue_is_told_from_switched_off_issues(ours: GitHub, theirs: fake.GitHub) -> None:
    theirs.repository.open_issue("Retrospective")
    theirs.repository.delete(1)

    found = await issues.read(ours, 1)

    assert isinstance(found, Failed)
    assert (found.kind, found.permanent, found.remedy) == ("gone", True, issues.LOST)
