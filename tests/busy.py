"""How busy this machine is: limits of time are what a quiet one keeps."""

from __future__ import annotations

import os


def patience() -> float:
    """How many times longer things may take: one on a machine that does nothing else."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
