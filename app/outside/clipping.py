"""Cuts texts to what another system takes."""

from __future__ import annotations


def clipped(text: str, limit: int) -> str:
    """Cut `text` to `limit` characters, the last one "…"; no joiner is left hanging before it."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip(" \t\n\u200d\ufe0f") + "…"
