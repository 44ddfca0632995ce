"""Pages of objects. Source: Relay, "GraphQL Cursor Connections Specification"."""

from __future__ import annotations

from typing import Generic, TypeVar

import strawberry

from api.plan.declare import of_page

T = TypeVar("T")


@strawberry.type(description="What lies around a page.")
class PageInfo:
    """Whether and where to go on."""

    has_next_page: bool = of_page("Whether rows follow this page.")
    has_previous_page: bool = of_page("Whether rows precede this page.")
    start_cursor: str | None = of_page("The first row's cursor; null on an empty page.")
    end_cursor: str | None = of_page("The last row's cursor; null on an empty page.")


@strawberry.type(description="One row of a page.")
class Edge(Generic[T]):
    """A row and where it stands."""

    cursor: str = of_page("Where the row stands: give it back as `after` or `before`.")
    node: T = of_page("The row itself.")


@strawberry.type(description="One page of rows.")
class Connection(Generic[T]):
    """A page."""

    edges: list[Edge[T]] = of_page("The rows with their cursors.")
    nodes: list[T] = of_page("The rows alone.")
    page_info: PageInfo = of_page("What lies around the page.")
