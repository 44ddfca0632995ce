"""Pages of objects. Source: Relay, "GraphQL Cursor Connections Specification"."""

from __future__ import annotations

from typing import Generic, TypeVar

import strawberry

T = TypeVar("T")


@strawberry.type(description="What lies around a page.")
class PageInfo:
    """Whether and where to go on."""

    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows precede this page.")
    start_cursor: str | None = strawberry.field(description="The first row's cursor; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The last row's cursor; null on an empty page.")


@strawberry.type(description="One row of a page.")
class Edge(Generic[T]):
    """A row and where it stands."""

    cursor: str = strawberry.field(description="Where the row stands: give it back as `after` or `before`.")
    node: T = strawberry.field(description="The row itself.")


@strawberry.type(description="One page of rows.")
class Connection(Generic[T]):
    """A page."""

    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="What lies around the page.")
