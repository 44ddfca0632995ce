"""Stylesheet, scripts, fonts and icons, served from memory under names that carry their content's hash.

A page names an asset by `asset("opsbook.css")` and gets `/static/opsbook.3f9c21ab.css`, which may be kept for
ever. What an asset itself refers to (fonts in the stylesheet, imports in scripts) is rewritten alike.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import NotFound

STATIC = Path(__file__).parent.parent / "static"
ADDRESS = "/static/"
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
PACKED = frozenset({".css", ".js", ".svg", ".txt"})
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
REFERENCES = {
    ".css": re.compile(r"(?<=url\(\")(?!data:)[^\"]+(?=\"\))"),
    ".js": re.compile(r"(?<=(?:mport|.from) \")\./[^\"]+(?=\")"),
}

IMPORTED = re.compile(r"(?<=(?:mport|.from) \")/static/[^\"]+(?=\")")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent. `address` carries the hash, `name` is the path below `static/`."""

    name: str
    address: str
    kind: str
    body: bytes
    packed: bytes | None
    etag: str


class Assets:
    """All files below a directory, read once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._assets: dict[str, Asset] = {}
        for name in _names(directory):
            self._add(name)
        self._by_address = {asset.address: asset for asset in self._assets.values()}

    def address(self, name: str) -> str:
        """The URL of an asset.

        Raises: KeyError for a name that is no file below `static/`.
        """
        return self._assets[name].address

    def imports(self, name: str) -> list[str]:
        """The URLs that a script imports, so that a page can ask for them at once."""
        return IMPORTED.findall(self._assets[name].body.decode())

    def answer(self, request: Request) -> Response:
        """Send an asset: for ever under its hashed name, to be asked again under its plain one.

        Raises: NotFound.
        """
        asset = self._by_address.get(request.url.path)
        caching = FOREVER if asset else ASK_AGAIN
        asset = asset or self._assets.get(request.path_params["name"])
        if asset is None:
            raise NotFound("There is no such file.")
        headers = {"cache-control": caching, "etag": asset.etag, "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == asset.etag:
            return Response(status_code=304, headers=headers)
        return _body(asset, headers, packed="gzip" in request.headers.get("accept-encoding", ""))

    def _add(self, name: str) -> Asset:
        if name in self._assets:
            return self._assets[name]
        path, suffix = self._directory / name, PurePosixPath(name).suffix
        body = self._resolved(name, path.read_bytes())
        digest = hashlib.sha256(body).hexdigest()
        address = f"{ADDRESS}{PurePosixPath(name).with_suffix('')}.{digest[:8]}{suffix}"
        packed = gzip.compress(body, mtime=0) if suffix in PACKED else None
        asset = Asset(name, address, KINDS[suffix], body, packed, f'W/"{digest[:16]}"')
        self._assets[name] = asset
        return asset

    def _resolved(self, name: str, body: bytes) -> bytes:
        pattern, parent = REFERENCES.get(PurePosixPath(name).suffix), PurePosixPath(name).parent
        if pattern is None or name.startswith("vendor/"):
            return body
        return pattern.sub(lambda found: self._add(str(parent / found[0])).address, body.decode()).encode()


def _names(directory: Path) -> Iterable[str]:
    files = (path for path in sorted(directory.rglob("*")) if path.suffix in KINDS)
    return (path.relative_to(directory).as_posix() for path in files)


def _body(asset: Asset, headers: dict[str, str], *, packed: bool) -> Response:
    if packed and asset.packed is not None:
        return Response(asset.packed, headers={**headers, "content-encoding": "gzip"}, media_type=asset.kind)
    return Response(asset.body, headers=headers, media_type=asset.kind)


@cache
def assets() -> Assets:
    """The console's own files."""
    return Assets(STATIC)


async def _serve(request: Request) -> Response:
    return assets().answer(request)


assets_route = Route(f"{ADDRESS}{{name:path}}", _serve, methods=["GET"], name="assets")
