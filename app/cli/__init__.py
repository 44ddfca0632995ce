"""The command line. Each command is in a module of its own and imported when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from app.errors import OpsbookError

# command -> (module, attribute); the order is that of `opsbook --help`
COMMANDS = {
    "up": ("app.cli.up", "up"),
    "web": ("app.cli.processes", "web"),
    "worker": ("app.cli.processes", "worker"),
    "migrate": ("app.cli.migrate", "migrate"),
    "demo": ("app.cli.demo", "demo"),
    "doctor": ("app.cli.doctor", "doctor"),
    "user": ("app.cli.user", "user"),
    "token": ("app.cli.token", "token"),
    "source": ("app.cli.source", "source"),
    "policy": ("app.cli.policy", "policy"),
    "incident": ("app.cli.incident", "incident"),
    "silence": ("app.cli.silence", "silence"),
    "inbound": ("app.cli.inbound", "inbound"),
    "on-call": ("app.cli.on_call", "on_call"),
    "subscriber": ("app.cli.subscriber", "subscriber"),
    "trends": ("app.cli.trends", "show"),
    "keys": ("app.cli.keys", "keys"),
    "query": ("app.cli.query", "query"),
    "schema": ("app.cli.query", "schema"),
    "bench": ("app.cli.bench", "bench"),
}


class Commands(click.Group):
    """Imports a command when it is needed, and says what went wrong in one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of the day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; a failure that we foresaw is one sentence and exit code 1."""
        try:
            return super().invoke(ctx)
        except OpsbookError as error:
            click.echo(f"opsbook: {error.message}", err=True)
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="opsbook")
def main() -> None:
    """Run the operations handbook: incidents, revenue and partner integrations."""
