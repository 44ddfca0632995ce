"""Puts an issue into a project (Projects v2, GraphQL only) and reads back that it is there.

A project is known by its title: first among those linked to the repository, then among its owner's. Adding is
idempotent at GitHub: what is in the project already is answered with its item.
Source: GitHub documentation, "Using the API to manage Projects", and its public schema, against which these
documents were validated. A fine-grained token reaches an organisation's projects, but not a user's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.outside import reading
from app.outside.failed import Failed
from app.outside.github.account import GitHub
from app.outside.github.issues import Issue

MAX_PAGES = 10
NOT_SHOWN = "GitHub was told to take the issue into the project, and does not show it there yet."

PROJECTS = """
query Projects($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    projectsV2(first: 100) { nodes { ...found } }
    owner {
      ... on ProjectV2Owner {
        projectsV2(first: 100, after: $after) { nodes { ...found } pageInfo { hasNextPage endCursor } }
      }
    }
  }
}
fragment found on ProjectV2 { id number title url closed }
"""
PLACE = """
mutation Place($project: ID!, $issue: ID!) {
  addProjectV2ItemById(input: {projectId: $project, contentId: $issue}) { item { id } }
}
"""
PLACES = """
query Places($issue: ID!, $after: String) {
  node(id: $issue) {
    ... on Issue {
      projectItems(first: 100, after: $after) {
        nodes { id project { id } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Project:
    """A project as GitHub shows it."""

    id: str
    number: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Placed:
    """The issue is in the project: GitHub was asked afterwards and said so. `item_id` is its place there."""

    project: Project
    item_id: str


async def place(github: GitHub, issue: Issue) -> Placed | Failed:
    """Put the issue into the project that the settings name, if it is not there, and read that back."""
    project = await find_project(github)
    if isinstance(project, Failed):
        return project
    there = await placed(github, issue, project)
    if there is None:
        added = await github.graphql(PLACE, project=project.id, issue=issue.node_id)
        if isinstance(added, Failed) and not added.may_have_arrived:
            return _not_yet(added)
        there = await placed(github, issue, project)
    return there or Failed("unexpected_answer", permanent=False, reason=NOT_SHOWN)


async def placed(github: GitHub, issue: Issue, project: Project) -> Placed | Failed | None:
    """Look for the issue's place in the project; None when it has none."""
    after: str | None = None
    for _ in range(MAX_PAGES):
        found = await github.graphql(PLACES, issue=issue.node_id, after=after)
        if isinstance(found, Failed):
            return _not_yet(found)
        items = reading.mapping(reading.mapping(found.get("node")).get("projectItems"))
        for one in reading.objects(items.get("nodes")):
            item_id = reading.text(one.get("id"))
            if item_id and reading.mapping(one.get("project")).get("id") == project.id:
                return Placed(project, item_id)
        if (after := _next(items)) is None:
            break
    return None


async def find_project(github: GitHub) -> Project | Failed:
    """Find the open project by its title; among several the one linked to the repository, then the oldest."""
    after: str | None = None
    owned: list[Project] = []
    for _ in range(MAX_PAGES):
        found = await github.graphql(PROJECTS, owner=github.owner, name=github.name, after=after)
        if isinstance(found, Failed):
            return found
        repository = reading.mapping(found.get("repository"))
        if linked := _titled(repository, github.project):
            return linked[0]
        owner = reading.mapping(repository.get("owner"))
        owned += _titled(owner, github.project)
        if (after := _next(reading.mapping(owner.get("projectsV2")))) is None:
            break
    return min(owned, key=lambda one: one.number, default=None) or _no_project(github)


def _titled(owner: Mapping[str, Any], title: str) -> list[Project]:
    listed = reading.objects(reading.mapping(owner.get("projectsV2")).get("nodes"))
    projects = [project for one in listed if one.get("closed") is not True and (project := _project(one))]
    return sorted((one for one in projects if one.title == title), key=lambda one: one.number)


def _project(value: Mapping[str, Any]) -> Project | None:
    id_, number = reading.text(value.get("id")), reading.number(value.get("number"))
    title, url = reading.text(value.get("title")), reading.text(value.get("url"))
    if id_ is None or number is None or title is None or url is None:
        return None
    return Project(id_, number, title, url)


def _next(connection: Mapping[str, Any]) -> str | None:
    page = reading.mapping(connection.get("pageInfo"))
    return reading.text(page.get("endCursor")) if page.get("hasNextPage") is True else None


def _no_project(github: GitHub) -> Failed:
    reason = (
        f"{github.owner} has no open project that is called {github.project!r} and that the token may see."
    )
    remedy = (
        "Set OPSBOOK_GITHUB_PROJECT to the title of a project, and give OPSBOOK_GITHUB_TOKEN the right to"
        " read and write projects."
    )
    return Failed("not_found", permanent=True, reason=reason, remedy=remedy)


def _not_yet(failed: Failed) -> Failed:
    """An issue that was filed a moment ago may not have reached GraphQL: that is no reason to give up."""
    if failed.kind != "not_found":
        return failed
    return Failed("not_found", permanent=False, status=failed.status, reason=failed.reason)
