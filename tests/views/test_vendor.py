from __future__ import annotations

import hashlib
import re

from views.assets import STATIC

README = (STATIC / "vendor" / "README.md").read_text()
ROWS = dict(re.findall(r"^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$", README, re.MULTILINE))


def test_every_foreign_file_is_what_its_package_shipped() -> None:
    hashes = {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in ROWS}

    assert hashes == ROWS


def test_no_foreign_file_is_missing_from_the_list() -> None:
    files = [*(STATIC / "vendor").iterdir(), *(STATIC / "fonts").iterdir()]

    names = {path.relative_to(STATIC).as_posix() for path in files} - {"vendor/README.md"}

    assert names == set(ROWS)
