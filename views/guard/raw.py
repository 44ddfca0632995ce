"""Reading the headers of a raw ASGI request, and adding to those of an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.types import Message, Scope, Send

from app.errors import InvalidInput

Headers = list[tuple[bytes, bytes]]
# Machines call these with a key or a signature of their own; what they carry in cookies counts for nothing.
MACHINES: Final = ("/ingest/", "/v2/", "/hooks/")


def is_for_machines(scope: Scope) -> bool:
    """Whether the address is one that machines call."""
    path: str = scope["path"]
    return path.startswith(MACHINES)


def values(scope: Scope, name: bytes) -> list[str]:
    """All values of a header, in the order they came."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def only(scope: Scope, name: bytes) -> str | None:
    """The value of a header that makes sense once.

    Raises: InvalidInput when it came twice: two readers could each believe another one.
    """
    found = values(scope, name)
    if len(found) > 1:
        raise InvalidInput(f"The header {name.decode()} came twice. Send it once.", path=(name.decode(),))
    return found[0] if found else None


def drop(scope: Scope, *names: bytes) -> None:
    """Take headers out of a request, so that nothing further in can believe them."""
    scope["headers"] = [(key, value) for key, value in scope["headers"] if key not in names]


def with_start(send: Send, change: Callable[[Headers], Headers]) -> Send:
    """Change the headers of the answer on its way out."""

    async def changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = change(list(message.get("headers", ())))
        await send(message)

    return changed
