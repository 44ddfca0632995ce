"""What a request asks for: its parameters, out of a body or an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from api import operations
from api.failures import BAD_REQUEST, Refused

LARGEST_BODY = 1_000_000
NOT_PERSISTED = "PERSISTED_QUERY_NOT_FOUND"


class Malformed(Refused):
    """No GraphQL request at all: the status says so in every media type."""


class Parameters(msgspec.Struct, rename={"operation_name": "operationName", "document_id": "documentId"}):
    """A GraphQL request. `documentId` (or `id`) names a persisted document by hash or name."""

    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None
    id: str | None = None

    def text(self) -> str:
        """The document.

        Raises: Malformed when there is none.
        """
        if self.query is not None:
            return self.query
        identifier = self.document_id or self.id or self._hash()
        if identifier is None:
            raise Malformed.because(BAD_REQUEST, "Send the document as `query`, or name one as `documentId`.")
        found = operations.persisted(identifier)
        if found is None:
            raise Malformed.because(NOT_PERSISTED, "No persisted document has this name or hash.")
        return found

    def _hash(self) -> str | None:
        persisted = (self.extensions or {}).get("persistedQuery")
        found = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
        return found if isinstance(found, str) else None


async def of_body(request: Request) -> Parameters:
    """Read a POST.

    Raises: Malformed; 413 when the body is larger than 1 MB.
    """
    return _decoded(await _body(request))


def of_address(request: Request) -> Parameters:
    """Read a GET.

    Raises: Malformed.
    """
    given: Mapping[str, str] = request.query_params
    raw = {name: given[name] for name in ("query", "operationName", "documentId", "id") if name in given}
    maps = {name: _map(name, given[name]) for name in ("variables", "extensions") if given.get(name)}
    try:
        return msgspec.convert({**raw, **maps}, Parameters)
    except msgspec.ValidationError as error:
        raise Malformed.because(BAD_REQUEST, f"The address does not fit: {error}.") from error


def _map(name: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed.because(BAD_REQUEST, f"`{name}` is no JSON.") from error


def _decoded(body: bytes) -> Parameters:
    try:
        return msgspec.json.decode(body, type=Parameters)
    except msgspec.ValidationError as error:
        raise Malformed.because(BAD_REQUEST, f"The body does not fit: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed.because(BAD_REQUEST, "The body is no JSON in UTF-8.") from error
    except RecursionError as error:
        raise Malformed.because(BAD_REQUEST, "The body is nested too deeply.") from error


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    room = LARGEST_BODY
    async for chunk in request.stream():
        room -= len(chunk)
        if room < 0:
            raise Malformed.because("TOO_LARGE", f"A body may have {LARGEST_BODY:,} bytes.", status=413)
        chunks.append(chunk)
    return b"".join(chunks)
