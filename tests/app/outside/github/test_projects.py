import pytest

from app.outside.failed import Failed
from app.outside.github import issues, projects
from app.outside.github.account import GitHub
from app.outside.github.issues import Created, Draft, Issue
from app.outside.github.projects import Placed, Project
from tests.fakes import github as fake

pytestmark = pytest.mark.anyio


@pytest.fixture
async def issue(ours: GitHub, draft: Draft) -> Issue:
    filed = await issues.file(ours, draft)
    assert isinstance(filed, Created)
    return filed.issue


async def test_an_issue_is_put_into_the_project_and_read_back(
    ours: GitHub, theirs: fake.GitHub, issue: Issue
) -> None:
    placed = await projects.place(ours, issue)

    [project] = theirs.repository.projects
    assert isinstance(placed, Placed)
    assert (placed.project.title, placed.item_id) == ("Operations", project.items[0].id)
    assert project.items[0].issue.node_id == issue.node_id


async def test_placing_again_changes_nothing(ours: GitHub, theirs: fake.GitHub, issue: Issue) -> None:
    first = await projects.place(ours, issue)

    again = await projects.place(ours, issue)

    assert again == first
    assert len(theirs.repository.projects[0].items) == 1


async def test_a_lost_reply_is_read_back(ours: GitHub, theirs: fake.GitHub, issue: Issue) -> None:
    theirs.graph_faults.once.extend(["none", "none", "lose_reply"])  # the project, its places, the adding

    placed = await projects.place(ours, issue)

    assert isinstance(placed, Placed)
    assert len(theirs.repository.projects[0].items) == 1


async def test_a_project_linked_to_the_repository_is_preferred(ours: GitHub, theirs: fake.GitHub) -> None:
    linked = theirs.repository.add_project("Operations", linked=True)

    found = await projects.find_project(ours)

    assert isinstance(found, Project)
    assert found.id == linked.id


async def test_among_many_of_the_owners_it_is_found_by_its_title(ours: GitHub, theirs: fake.GitHub) -> None:
    wanted = theirs.repository.projects[0]
    for number in range(250):
        theirs.repository.add_project(f"Operations {number}")
    theirs.repository.add_project("Operations")

    found = await projects.find_project(ours)

    assert isinstance(found, Project)
    assert found.id == wanted.id


async def test_a_user_may_own_it(ours: GitHub, theirs: fake.GitHub) -> None:
    theirs.repository.owner_is_organisation = False

    assert isinstance(await projects.find_project(ours), Project)


async def test_no_open_project_of_that_title_has_a_remedy_that_names_the_variable(
    ours: GitHub, theirs: fake.GitHub, issue: Issue
) -> None:
    theirs.repository.projects[0].closed = True

    placed = await projects.place(ours, issue)

    assert isinstance(placed, Failed)
    assert (placed.kind, placed.permanent) == ("not_found", True)
    assert "OPSBOOK_GITHUB_PROJECT" in placed.remedy


async def test_a_token_without_the_scope_is_told_so(ours: GitHub, theirs: fake.GitHub, issue: Issue) -> None:
    theirs.rights.discard("projects")

    placed = await projects.place(ours, issue)

    assert isinstance(placed, Failed)
    assert (placed.kind, placed.permanent) == ("forbidden", True)
    assert "OPSBOOK_GITHUB_TOKEN" in placed.remedy
    assert "scopes" in placed.reason


async def test_an_issue_that_graphql_does_not_know_yet_is_tried_again(
    ours: GitHub, theirs: fake.GitHub
) -> None:
    unknown = Issue(9, "I_none", "https://github.example/9", "open", "Retrospective")

    placed = await projects.place(ours, unknown)

    assert isinstance(placed, Failed)
    assert (placed.kind, placed.permanent) == ("not_found", False)


@pytest.mark.parametrize("fault", ["500", "429"])
async def test_trouble_is_tried_again(ours: GitHub, theirs: fake.GitHub, issue: Issue, fault: str) -> None:
    theirs.graph_faults.always = fault  # type: ignore[assignment]

    placed = await projects.place(ours, issue)

    assert isinstance(placed, Failed)
    assert not placed.permanent


@pytest.mark.parametrize("document", [projects.PROJECTS, projects.PLACE, projects.PLACES])
async def test_documents_ask_for_nothing_that_github_has_not(ours: GitHub, document: str) -> None:
    said = await ours.graphql(
        document.replace(" id", " id nonsense", 1), owner="acme", name="operations", project="P", issue="I"
    )

    assert isinstance(said, Failed)
    assert "nonsense" in said.reason
