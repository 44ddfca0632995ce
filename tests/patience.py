"""How long tests wait for what takes moments: on a machine that does much else, longer."""

from __future__ import annotations

import os
from pathlib import Path

LOAD = Path("/proc/loadavg")


def patience() -> float:
    """How many times longer things may take: one on a machine that does nothing else.

    Who runs or waits at the moment counts as well as the minute before, which knows nothing of a beginning.
    """
    running = int(LOAD.read_text().split()[3].partition("/")[0]) if LOAD.exists() else 0
    return max(1.0, max(os.getloadavg()[0], running) / (os.cpu_count() or 1))
