"""GitHub's GraphQL API, as far as projects need it: a cut from its public schema, run by graphql-core.

Source: GitHub's public schema; its documentation, "Using the API to manage Projects".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import graphql
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.demo.github.guard import error, guarded
from app.demo.github.repository import Issue, Item, Project
from app.demo.github.stand_in import StandIn

SITE = "https://github.example"
MAX_FIRST = 100
SCHEMA = graphql.build_schema("""
type Query {
  repository(owner: String!, name: String!, followRenames: Boolean = true): Repository
  node(id: ID!): Node
}
type Mutation { addProjectV2ItemById(input: AddProjectV2ItemByIdInput!): AddProjectV2ItemByIdPayload }
input AddProjectV2ItemByIdInput { clientMutationId: String, contentId: ID!, projectId: ID! }
type AddProjectV2ItemByIdPayload { clientMutationId: String, item: ProjectV2Item }
interface Node { id: ID! }
interface RepositoryOwner { id: ID!, login: String! }
interface ProjectV2Owner {
  id: ID!
  projectsV2(after: String, first: Int, query: String): ProjectV2Connection!
}
type Organization implements Node & RepositoryOwner & ProjectV2Owner {
  id: ID!
  login: String!
  projectsV2(after: String, first: Int, query: String): ProjectV2Connection!
}
type User implements Node & RepositoryOwner & ProjectV2Owner {
  id: ID!
  login: String!
  projectsV2(after: String, first: Int, query: String): ProjectV2Connection!
}
type Repository implements Node {
  id: ID!
  nameWithOwner: String!
  owner: RepositoryOwner!
  projectsV2(after: String, first: Int, query: String): ProjectV2Connection!
}
type ProjectV2 implements Node { id: ID!, number: Int!, title: String!, url: String!, closed: Boolean! }
type ProjectV2Item implements Node { id: ID!, isArchived: Boolean!, project: ProjectV2! }
type Issue implements Node {
  id: ID!
  number: Int!
  projectItems(after: String, first: Int, includeArchived: Boolean = true): ProjectV2ItemConnection!
}
type PageInfo { hasNextPage: Boolean!, endCursor: String }
type ProjectV2Connection { nodes: [ProjectV2], pageInfo: PageInfo!, totalCount: Int! }
type ProjectV2ItemConnection { nodes: [ProjectV2Item], pageInfo: PageInfo!, totalCount: Int! }
""")


class Refused(Exception):
    """What GitHub says in `errors`, with its `type`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Graph:
    """The roots of both kinds of operation; graphql-core calls their methods by the names of the fields."""

    github: StandIn

    def repository(self, _info: Any, *, owner: str, name: str, **_more: Any) -> Mapping[str, Any]:
        """Find the repository, with its owner and the projects of both."""
        repository = self.github.repository
        if f"{owner}/{name}" != repository.full_name or "see" not in self.github.rights:
            raise Refused("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        linked = [one for one in repository.projects if one.linked]
        return {
            "id": "R_1",
            "nameWithOwner": repository.full_name,
            "projectsV2": self._connection([_project(one) for one in linked]),
            "owner": {
                "__typename": "Organization" if repository.owner_is_organisation else "User",
                "id": "O_1",
                "login": repository.owner,
                "projectsV2": self._connection([_project(one) for one in reversed(repository.projects)]),
            },
        }

    def node(self, _info: Any, *, id: str) -> Mapping[str, Any]:  # noqa: A002 - GitHub's name
        """Find an issue by its node id, with its places."""
        issue = self._issue(id)
        items = [(project, item) for project in self.github.repository.projects for item in project.items]
        places = [_item(project, item) for project, item in items if item.issue is issue]
        return {
            "__typename": "Issue",
            "id": issue.node_id,
            "number": issue.number,
            "projectItems": self._connection(places),
        }

    def addProjectV2ItemById(  # noqa: N802 - GitHub's name
        self,
        _info: Any,
        *,
        input: Mapping[str, str],  # noqa: A002 - GitHub's name
    ) -> Mapping[str, Any]:
        """Put an issue into a project; a repeat gives the place that it has."""
        repository = self.github.repository
        project = next((one for one in repository.projects if one.id == input["projectId"]), None)
        if project is None:
            raise Refused(
                "NOT_FOUND", f"Could not resolve to a node with the global id of '{input['projectId']}'"
            )
        return {"item": _item(project, repository.place(project, self._issue(input["contentId"])))}

    def _issue(self, node_id: str) -> Issue:
        found = next((one for one in self.github.repository.issues if one.node_id == node_id), None)
        if found is None:
            raise Refused("NOT_FOUND", f"Could not resolve to a node with the global id of '{node_id}'")
        return found

    def _connection(self, nodes: Sequence[Mapping[str, Any]]) -> Any:
        def resolve(_info: Any, *, first: int | None = None, after: str | None = None, **_more: Any) -> Any:
            if first is None or not 0 < first <= MAX_FIRST:
                raise Refused(
                    "MISSING_PAGINATION_BOUNDARIES", "You must provide a `first` value of 1 to 100."
                )
            begin = int(after or 0)
            end = begin + first
            page = {"hasNextPage": end < len(nodes), "endCursor": str(end)}
            return {"nodes": nodes[begin:end], "pageInfo": page, "totalCount": len(nodes)}

        return resolve


async def execute(request: Request, github: StandIn) -> Response:
    """Run one operation; what is wrong with it is said with 200."""
    try:
        asked = json.loads(await request.body())
        document, variables = str(asked["query"]), asked.get("variables")
    except (ValueError, KeyError, TypeError, AttributeError):
        return error(HTTPStatus.BAD_REQUEST, "Problems parsing JSON")
    if "projects" not in github.rights:
        said = "Your token has not been granted the required scopes to execute this query."
        return JSONResponse({"errors": [{"type": "INSUFFICIENT_SCOPES", "message": said}]})
    result = graphql.graphql_sync(SCHEMA, document, root_value=Graph(github), variable_values=variables)
    errors = {"errors": [_error(one) for one in result.errors]} if result.errors else {}
    return JSONResponse({**({"data": result.data} if result.data is not None else {}), **errors})


def _error(one: graphql.GraphQLError) -> Mapping[str, Any]:
    kind = {"type": one.original_error.kind} if isinstance(one.original_error, Refused) else {}
    return {**kind, "path": one.path, "message": one.message}


def _project(one: Project) -> Mapping[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "title": one.title,
        "url": f"{SITE}/projects/{one.number}",
        "closed": one.closed,
    }


def _item(project: Project, item: Item) -> Mapping[str, Any]:
    return {"id": item.id, "isArchived": False, "project": _project(project)}


ROUTES = [
    Route(path, guarded(execute, resource="graphql"), methods=["POST"])
    for path in ("/graphql", "/api/graphql")
]
