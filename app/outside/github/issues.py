"""Files an issue exactly once, although GitHub knows no idempotence key and replies get lost.

The body ends in a marker, `<!-- opsbook:… -->`, which nobody sees. Before an issue is made, and after a reply
was lost, the marker is looked for in the repository's list, which reads GitHub's database. The list is cut
short by when issues last changed, and not by label: GitHub silently leaves labels out when the token may not
set them, and people take them off. The search index comes second: it sees all issues of all times, but lags.
A request that we no longer wait for is over at GitHub, too (`json_api.TIMEOUT`), so the next attempt sees
what it did. Two attempts at once would be two issues: the caller holds a lease that outlasts one.
Source: GitHub documentation, "REST API endpoints for issues", "Using pagination in the REST API".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from app.outside import reading
from app.outside.clipping import clipped
from app.outside.failed import Failed
from app.outside.github.account import REMEDIES, GitHub

MAX_TITLE = 256
MAX_BODY = 65_536
PAGE, MAX_PAGES = 50, 40
CLOCKS_MAY_DIFFER = timedelta(minutes=10)
LOST = "The issue was deleted or moved to another repository. File it again."
UNARCHIVE = "Unarchive the repository, or set OPSBOOK_GITHUB_REPOSITORY to another."
MARKER = re.compile(r"[\w.:/=+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue to be. `marker` names it for ever, such as `opsbook:incident:123:1`.

    In a public repository anybody can write an issue with a marker that can be guessed: end it in something
    that only we can make. `begun_at` is a moment before the first attempt, by any clock: 10 minutes are
    allowed for the difference.
    """

    marker: str
    title: str
    body: str = field(repr=False)
    begun_at: datetime
    labels: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as GitHub shows it. `node_id` is its name in GraphQL."""

    number: int
    node_id: str
    url: str
    state: str
    title: str
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """The issue was not there and is now."""

    issue: Issue


@dataclass(frozen=True, slots=True)
class Found:
    """The issue was there already, or its creation's reply was lost."""

    issue: Issue


Filed = Created | Found | Failed


async def file(github: GitHub, draft: Draft) -> Filed:
    """Find the issue that has the draft's marker, or create it. What fails outside never raises.

    Raises: ValueError when the marker could end the comment that it stands in.
    """
    if not MARKER.fullmatch(draft.marker) or "--" in draft.marker:
        raise ValueError("A marker has letters, digits and . : / = + - _, and no two hyphens together.")
    found = await find(github, draft.marker, begun_at=draft.begun_at)
    if found is not None:
        return Found(found) if isinstance(found, Issue) else found
    made = await _create(github, draft)
    if isinstance(made, Issue):
        return Created(made)
    if not made.may_have_arrived:
        return made
    again = await _listed(github, draft.marker, draft.begun_at)
    return Found(again) if isinstance(again, Issue) else made


async def find(github: GitHub, marker: str, *, begun_at: datetime) -> Issue | Failed | None:
    """Look for the issue with this marker: in the list, then in the search index; the oldest one counts."""
    listed = await _listed(github, marker, begun_at)
    if listed is not None:
        return listed
    reply = await github.search(f'repo:{github.repository} is:issue in:body "{marker}"')
    if isinstance(reply, Failed):
        # A server without search, or a token that may not, must not keep the issue from being filed.
        return None if reply.permanent else reply
    return _oldest(reading.objects(reading.mapping(reply.content).get("items")), marker)


async def read(github: GitHub, number: int) -> Issue | Failed:
    """Read one issue: is it open, and where."""
    reply = await github.rest("GET", f"/issues/{number}")
    if isinstance(reply, Failed):
        return replace(reply, remedy=LOST) if reply.kind in ("not_found", "moved", "gone") else reply
    return _issue(reply.content) or Failed("bad_response", permanent=False, status=reply.status)


async def hindrance(github: GitHub) -> Failed | None:
    """Say what stands in the way of filing, as far as can be told without doing it."""
    reply = await github.rest("GET", "")
    if isinstance(reply, Failed):
        return reply
    repository = reading.mapping(reply.content)
    if repository.get("archived") is True:
        return Failed("forbidden", permanent=True, reason="The repository is archived.", remedy=UNARCHIVE)
    if repository.get("has_issues") is False:
        return Failed("gone", permanent=True, reason="Its issues are off.", remedy=REMEDIES["gone"])
    return None


def written(draft: Draft) -> dict[str, Any]:
    """Write the issue so that GitHub takes it: a title of one line, a body that still ends in its marker."""
    comment = f"\n\n{_comment(draft.marker)}\n"
    return {
        "title": clipped(" ".join(draft.title.split()) or draft.marker, MAX_TITLE),
        "body": clipped(draft.body.rstrip(), MAX_BODY - len(comment)) + comment,
        "labels": list(draft.labels),
    }


async def _create(github: GitHub, draft: Draft) -> Issue | Failed:
    reply = await github.rest("POST", "/issues", written(draft))
    if isinstance(reply, Failed):
        return reply
    return _issue(reply.content) or Failed("bad_response", permanent=False, status=reply.status)


async def _listed(github: GitHub, marker: str, begun_at: datetime) -> Issue | Failed | None:
    since = (begun_at - CLOCKS_MAY_DIFFER).astimezone(UTC)
    asked = {"state": "all", "since": f"{since:%Y-%m-%dT%H:%M:%SZ}", "sort": "created", "direction": "desc"}
    marked: list[Mapping[str, Any]] = []
    for page in range(1, MAX_PAGES + 1):
        reply = await github.rest("GET", f"/issues?{urlencode({**asked, 'per_page': PAGE, 'page': page})}")
        if isinstance(reply, Failed):
            return reply
        if not isinstance(reply.content, list):
            return Failed("bad_response", permanent=False, status=reply.status)
        marked += reading.objects(reply.content)
        if 'rel="next"' not in reply.headers.get("Link", ""):
            return _oldest(marked, marker)
    reason = f"More than {PAGE * MAX_PAGES} issues changed since {since:%Y-%m-%d}."
    return _oldest(marked, marker) or Failed("unexpected_answer", permanent=False, reason=reason)


def _oldest(listed: Sequence[Mapping[str, Any]], marker: str) -> Issue | None:
    comment = _comment(marker)
    marked = [one for one in listed if comment in str(one.get("body")) and "pull_request" not in one]
    issues = [issue for one in marked if (issue := _issue(one))]
    return min(issues, key=lambda one: one.number, default=None)


def _comment(marker: str) -> str:
    return f"<!-- {marker} -->"


def _issue(value: Any) -> Issue | None:
    found = reading.mapping(value)
    number, node_id = reading.number(found.get("number")), reading.text(found.get("node_id"))
    url, state = reading.text(found.get("html_url")), reading.text(found.get("state"))
    if number is None or node_id is None or url is None or state is None:
        return None
    title = reading.text(found.get("title")) or ""
    return Issue(number, node_id, url, state, title, reading.moment(found.get("closed_at")))
