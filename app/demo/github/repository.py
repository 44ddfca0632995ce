"""What GitHub keeps: a repository with its issues, and projects that issues are put into."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.demo.loopback.clock import Clock


@dataclass(slots=True)
class Issue:
    """An issue, or a pull request, which GitHub lists among them."""

    number: int
    node_id: str
    title: str
    body: str
    labels: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    closed_at: datetime | None = None
    is_pull_request: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """An issue's place in a project."""

    id: str
    issue: Issue


@dataclass(slots=True)
class Project:
    """A project (version 2) of the owner's. `linked`: the repository shows it, too."""

    id: str
    number: int
    title: str
    closed: bool = False
    linked: bool = False
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Repository:
    """The repository and what belongs to its owner. `search_lag`: searching does not find younger issues."""

    full_name: str = "acme/operations"
    owner_is_organisation: bool = True
    has_issues: bool = True
    is_archived: bool = False
    has_search: bool = True
    renamed_to: str | None = None
    search_lag: timedelta = timedelta(seconds=30)
    clock: Clock = field(default_factory=Clock)
    issues: list[Issue] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    @property
    def owner(self) -> str:
        """The organisation or user."""
        return self.full_name.partition("/")[0]

    def open_issue(
        self, title: str, body: str = "", labels: Sequence[str] = (), *, is_pull_request: bool = False
    ) -> Issue:
        """Add an issue; numbers are never used again."""
        now, number = self.clock.now(), len(self.issues) + len(self.deleted) + 1
        issue = Issue(
            number=number,
            node_id=f"I_{next(self._ids):08}",
            title=title,
            body=body,
            labels=tuple(labels),
            created_at=now,
            updated_at=now,
            is_pull_request=is_pull_request,
        )
        self.issues.append(issue)
        return issue

    def close(self, number: int) -> None:
        """Let somebody close an issue."""
        issue = next(one for one in self.issues if one.number == number)
        issue.state, issue.closed_at = "closed", self.clock.now()
        issue.updated_at = self.clock.now()

    def delete(self, number: int) -> None:
        """Let an administrator delete an issue."""
        self.issues = [one for one in self.issues if one.number != number]
        self.deleted.append(number)

    def add_project(self, title: str, *, linked: bool = False, closed: bool = False) -> Project:
        """Let the owner make a project."""
        number = len(self.projects) + 1
        project = Project(f"PVT_{next(self._ids):08}", number, title, closed, linked)
        self.projects.append(project)
        return project

    def place(self, project: Project, issue: Issue) -> Item:
        """Put an issue into a project; what is there already keeps its place."""
        there = next((one for one in project.items if one.issue is issue), None)
        if there is None:
            there = Item(f"PVTI_{next(self._ids):08}", issue)
            project.items.append(there)
        return there

    def indexed(self) -> list[Issue]:
        """The issues that the search index knows by now."""
        newest = self.clock.now() - self.search_lag
        return [one for one in self.issues if one.created_at <= newest]
