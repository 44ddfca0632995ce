"""`opsbook query` and `opsbook schema`: GraphQL from the shell, in process and as Opsbook itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from app.cli._context import asynchronous, data_option, opened
from app.security.permissions import SYSTEM


class Variables(click.ParamType[dict[str, Any]]):
    """A JSON object."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Read it."""
        if isinstance(value, dict):
            return value
        try:
            found = json.loads(value)
        except (ValueError, RecursionError) as error:
            self.fail(f"They are no JSON: {error}.", param, ctx)
        if not isinstance(found, dict):
            self.fail('They are no JSON object. Write one, as in {"first": 5}.', param, ctx)
        return found


@click.command(
    epilog="\b\nExamples:\n  opsbook query '{ incidents(first: 5) { nodes { number title } } }'\n"
    "  opsbook query 'query($n: Int!) { incident(number: $n) { title } }' --variables '{\"n\": 12}'"
)
@click.argument("document", metavar="GRAPHQL")
@click.option("--variables", type=Variables(), default="{}", help="A JSON object.")
@data_option
@asynchronous
async def query(document: str, variables: dict[str, Any], data: Path | None) -> None:
    """Run a query or a mutation and print its answer as JSON. `-` reads it from standard input."""
    from api.budget import Budget
    from api.context import Context
    from api.execute import answer

    text = sys.stdin.read() if document == "-" else document
    async with opened(data) as house:
        # With a budget the limits are those of every client.
        context = Context(house.database, SYSTEM, base_url=house.settings.base_url, budget=Budget())
        found = await answer(context, text, variables)
    click.echo(found.decode())
    if "errors" in json.loads(found):
        sys.exit(1)


@click.command(epilog="\b\nExamples:\n  opsbook schema\n  opsbook schema > schema.graphql")
def schema() -> None:
    """Print the GraphQL schema in its definition language."""
    from api.schema import schema as built

    click.echo(built().as_str())
