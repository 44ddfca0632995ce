"""A sheet: its columns, and its rows as bytes in chunks. Rows come and go, so that memory does not grow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.spreadsheets.cells import cells, text
from app.spreadsheets.columns import Column

END = b"\r\n"  # RFC 4180, section 2.1
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # without it, Excel reads the file in the code page of its country
CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns of a file, in their order."""

    columns: Sequence[Column]

    def opening(self, *, mark: bool = False) -> bytes:
        """Write the header; `mark` puts a byte order mark before it, for Excel."""
        names = [text(heading) for column in self.columns for heading in column.headings]
        return (BYTE_ORDER_MARK if mark else b"") + ",".join(names).encode() + END

    def line(self, row: Sequence[object]) -> bytes:
        """Write one row: a value for each column.

        Raises: TypeError or ValueError when the values do not fit the columns.
        """
        pairs = zip(self.columns, row, strict=True)
        return ",".join(cell for column, value in pairs for cell in cells(column, value)).encode() + END

    def chunks(self, rows: Iterable[Sequence[object]], *, mark: bool = False) -> Iterator[bytes]:
        """Write the whole file, some 64 KiB at a time."""
        chunk = bytearray(self.opening(mark=mark))
        for row in rows:
            chunk += self.line(row)
            if len(chunk) >= CHUNK_BYTES:
                yield bytes(chunk)
                chunk.clear()
        yield bytes(chunk)
