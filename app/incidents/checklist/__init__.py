"""Handbook, "Post-incident checklist": four steps, each with its evidence."""

from app.incidents.checklist.items import begin, complete, demand_complete

__all__ = ["begin", "complete", "demand_complete"]
