"""Escalation policies: whom an incident pages and when, in versions that stay as they were written."""

from app.incidents.policies.reading import Listed, listed
from app.incidents.policies.rules import Draft, Planned
from app.incidents.policies.writing import add, choose, retire, revise

__all__ = ["Draft", "Listed", "Planned", "add", "choose", "listed", "retire", "revise"]
