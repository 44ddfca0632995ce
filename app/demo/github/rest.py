"""The part of GitHub's REST API that Opsbook asks: issues, and the search for them.

Source: GitHub documentation, "REST API endpoints for issues", "REST API endpoints for search",
"Using pagination in the REST API".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.demo.github.guard import error, guarded
from app.demo.github.repository import Issue, Repository
from app.demo.github.stand_in import StandIn
from app.demo.loopback.clock import shown

Json = dict[str, Any]
DEFAULT_PAGE, MAX_PAGE = 30, 100
MAX_TITLE, MAX_BODY = 256, 65_536
SITE = "https://github.example"


async def list_issues(request: Request, github: StandIn) -> Response:
    """List issues, pull requests among them, open ones unless others are asked for."""
    if refusal := _unseen(request, github):
        return refusal
    query, repository = request.query_params, github.repository
    found = [one for one in repository.issues if _matches(one, query)]
    by = "updated_at" if query.get("sort") == "updated" else "created_at"
    found.sort(key=lambda one: (getattr(one, by), one.number), reverse=query.get("direction") != "asc")
    return _page(request, [issue(repository, one) for one in found])


async def show_repository(request: Request, github: StandIn) -> Response:
    """Show the repository."""
    if refusal := _unseen(request, github):
        return refusal
    repository = github.repository
    shown_repository = {
        "full_name": repository.full_name,
        "private": True,
        "archived": repository.is_archived,
    }
    return JSONResponse({**shown_repository, "has_issues": repository.has_issues})


async def create_issue(request: Request, github: StandIn) -> Response:
    """Create an issue. Labels of a token that may not set them are left out without a word."""
    if refusal := _unseen(request, github) or _unwritable(github):
        return refusal
    wanted = _decoded(await request.body())
    if wrong := _complaint(wanted):
        return wrong
    labels = wanted.get("labels", []) if "labels" in github.rights else []
    made = github.repository.open_issue(wanted["title"], wanted.get("body") or "", labels)
    shown_issue = issue(github.repository, made)
    return JSONResponse(shown_issue, HTTPStatus.CREATED, headers={"Location": shown_issue["url"]})


async def show_issue(request: Request, github: StandIn) -> Response:
    """Show one issue: 410 when it was deleted."""
    if refusal := _unseen(request, github):
        return refusal
    number = request.path_params["number"]
    if number in github.repository.deleted:
        return error(HTTPStatus.GONE, "This issue was deleted")
    found = next((one for one in github.repository.issues if one.number == number), None)
    return (
        JSONResponse(issue(github.repository, found)) if found else error(HTTPStatus.NOT_FOUND, "Not Found")
    )


async def search_issues(request: Request, github: StandIn) -> Response:
    """Search what the index knows by now for `repo:` and one quoted phrase in the body."""
    asked, repository = request.query_params.get("q", ""), github.repository
    if not repository.has_search:
        return error(HTTPStatus.NOT_FOUND, "Not Found")
    if not asked:
        return error(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed", errors=[{"code": "missing"}])
    phrase = re.search(r'"([^"]*)"', asked)
    is_ours = f"repo:{repository.full_name} " in asked and "see" in github.rights
    found = [
        one for one in repository.indexed() if is_ours and phrase and phrase[1].lower() in one.body.lower()
    ]
    items = [issue(repository, one) | {"score": 1.0} for one in found]
    return JSONResponse({"total_count": len(items), "incomplete_results": False, "items": items})


def issue(repository: Repository, one: Issue) -> Json:
    """Show an issue as GitHub does."""
    path = f"{repository.full_name}/issues/{one.number}"
    pull_request = {"pull_request": {"html_url": f"{SITE}/{path}"}} if one.is_pull_request else {}
    return {
        "id": one.number,
        "node_id": one.node_id,
        "number": one.number,
        "url": f"{SITE}/api/v3/repos/{path}",
        "html_url": f"{SITE}/{path}",
        "title": one.title,
        "body": one.body or None,
        "state": one.state,
        "state_reason": "completed" if one.state == "closed" else None,
        "labels": [{"name": label} for label in one.labels],
        "user": {"login": "opsbook", "type": "User"},
        "author_association": "MEMBER",
        "created_at": shown(one.created_at),
        "updated_at": shown(one.updated_at),
        "closed_at": shown(one.closed_at),
        **pull_request,
    }


def _unseen(request: Request, github: StandIn) -> Response | None:
    """Refuse what cannot be seen: private and absent repositories look the same."""
    asked, repository = f"{request.path_params['owner']}/{request.path_params['name']}", github.repository
    if asked == repository.full_name and repository.renamed_to:
        location = request.url.path.replace(asked, repository.renamed_to)
        return error(HTTPStatus.MOVED_PERMANENTLY, "Moved Permanently", url=location)
    if asked != repository.full_name or "see" not in github.rights:
        return error(HTTPStatus.NOT_FOUND, "Not Found")
    return None


def _unwritable(github: StandIn) -> Response | None:
    if not github.repository.has_issues:
        return error(HTTPStatus.GONE, "Issues are disabled for this repo")
    if "issues" not in github.rights or github.repository.is_archived:
        return error(HTTPStatus.FORBIDDEN, "Resource not accessible by personal access token")
    return None


def _matches(one: Issue, query: QueryParams) -> bool:
    state, since = query.get("state", "open"), query.get("since")
    labels = [label for label in query.get("labels", "").split(",") if label]
    return (
        state in ("all", one.state)
        and (since is None or one.updated_at >= datetime.fromisoformat(since))
        and all(label in one.labels for label in labels)
    )


def _page(request: Request, entries: Sequence[Json]) -> Response:
    """Cut a page, with the addresses of the next and the last one in `Link`."""
    query = request.query_params
    size, page = min(int(query.get("per_page", DEFAULT_PAGE)), MAX_PAGE), int(query.get("page", 1))
    last = max(-(-len(entries) // size), 1)
    links = {"prev": page - 1, "first": 1} if page > 1 else {}
    links |= {"next": page + 1, "last": last} if page < last else {}
    addresses = [f'<{request.url.include_query_params(page=to)}>; rel="{name}"' for name, to in links.items()]
    headers = {"Link": ", ".join(addresses)} if addresses else {}
    return JSONResponse(list(entries[(page - 1) * size : page * size]), headers=headers)


def _complaint(wanted: Any) -> Response | None:
    if not isinstance(wanted, dict):
        return error(HTTPStatus.BAD_REQUEST, "Problems parsing JSON")
    wrong = list(_wrong(wanted))
    return error(HTTPStatus.UNPROCESSABLE_ENTITY, "Validation Failed", errors=wrong) if wrong else None


def _wrong(wanted: Json) -> Iterator[Json]:
    title, body, labels = wanted.get("title"), wanted.get("body") or "", wanted.get("labels", [])
    if not isinstance(title, str) or not title.strip():
        yield {"resource": "Issue", "field": "title", "code": "missing_field"}
    elif len(title) > MAX_TITLE:
        yield _too_long("title", MAX_TITLE)
    if not isinstance(body, str) or len(body) > MAX_BODY:
        yield _too_long("body", MAX_BODY)
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        yield {"resource": "Issue", "field": "labels", "code": "invalid"}


def _too_long(field: str, limit: int) -> Json:
    said = f"{field} is too long (maximum is {limit} characters)"
    return {"resource": "Issue", "field": field, "code": "custom", "message": said}


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


ISSUES = "/repos/{owner}/{name}/issues"
ROUTES = [
    Route("/repos/{owner}/{name}", guarded(show_repository), methods=["GET"]),
    Route(ISSUES, guarded(list_issues), methods=["GET"]),
    Route(ISSUES, guarded(create_issue), methods=["POST"]),
    Route(ISSUES + "/{number:int}", guarded(show_issue), methods=["GET"]),
    Route("/search/issues", guarded(search_issues, resource="search"), methods=["GET"]),
]
