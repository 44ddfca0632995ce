"""A receiver of webhooks that does nothing else: what is measured is who sends.

Run by itself, it prints its port and answers 204 until its standard input ends. `/close` hangs up after it.
"""

from __future__ import annotations

import asyncio
import sys

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
LAST_ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


class Receiver(asyncio.Protocol):
    """One connection. A request ends where nothing more comes, which loopback and 1 KB make sure of."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to answer."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # as asyncio says for TCP
        self._got = b""

    def data_received(self, data: bytes) -> None:
        """Answer when the request is whole."""
        self._got += data
        if not self._got.endswith(b"}"):
            return
        last = self._got.startswith(b"POST /close ")
        self._got = b""
        self._transport.write(LAST_ANSWER if last else ANSWER)
        if last:
            self._transport.close()


async def serve() -> None:
    """Serve on loopback until nobody holds our standard input any more."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Receiver, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - this is how its parent learns it
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
