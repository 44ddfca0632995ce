"""The name under which a browser saves a file, from a name that anybody may have written."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

# Bytes in UTF-8; file systems stop at 255, and browsers add " (1)".
LONGEST_STEM = 150
OTHERWISE = "export"
# Windows refuses these signs and names, a path has slashes, and some browsers decode a percent sign.
_REFUSED = re.compile(r'[<>:"/\\|?*%;]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")
# RFC 8187, section 3.2.1, what may stand unescaped; quote() never escapes letters, digits and `_.-~`.
_ATTRIBUTE_CHARACTERS = "!#$&+^`|"


def attachment(stem: str, extension: str) -> str:
    """Write the value of Content-Disposition for a download: an ASCII name, and the true one behind it.

    Source: RFC 6266, section 4.3 and appendix D.
    """
    name = _cleaned(stem)
    plain = _cleaned(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    true = quote(f"{name}.{extension}", safe=_ATTRIBUTE_CHARACTERS)
    return f"attachment; filename=\"{plain}.{extension}\"; filename*=UTF-8''{true}"


def _cleaned(stem: str) -> str:
    # Categories beginning with C: controls, direction marks, halves of surrogate pairs.
    visible = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in stem)
    words = " ".join(_REFUSED.sub("_", visible).split()).strip(" .")
    short = words.encode()[:LONGEST_STEM].decode("utf-8", "ignore").rstrip(" .")
    return _DEVICES.sub(r"_\1", short, count=1) if _DEVICES.match(short) else short or OTHERWISE
