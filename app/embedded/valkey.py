"""The private Valkey: how it is run."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

from app.embedded.account import Account, make_folder
from app.embedded.binaries import Binaries
from app.embedded.keeper import Engine

NAME = "Valkey"
SOCKET = "valkey.sock"
OPTIONS = {
    "port": "0",
    "unixsocket": SOCKET,
    "unixsocketperm": "700",
    "save": "",
    "loglevel": "notice",
    "daemonize": "no",
}
DURABLE = {"appendonly": "yes", "appendfsync": "everysec"}


def engine(
    folder: Path, log: Path, binaries: Binaries, account: Account | None, address: Path, *, durable: bool
) -> Engine:
    """Describe how Valkey runs in `folder`; `address` is its socket as this process reaches it."""
    make_folder(folder, account)
    options = OPTIONS | DURABLE if durable else OPTIONS
    arguments = (part for name, value in options.items() for part in (f"--{name}", value))
    return Engine(
        name=NAME,
        program=(str(binaries.valkey), *arguments),
        folder=folder,
        log=log,
        account=account,
        stop_signal=signal.SIGTERM,
        prepare=lambda: None,
        is_ready=lambda: _is_ready(address),
    )


def _is_ready(address: Path) -> bool:
    """Ask it: it listens before it has read its file back."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(address))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
