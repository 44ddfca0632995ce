"""Alerts come in: a body is read in its sender's format, stored, and applied in one transaction."""

from app.incidents.intake.receiving import receive
from app.incidents.intake.signals import AlertSignal

__all__ = ["AlertSignal", "receive"]
