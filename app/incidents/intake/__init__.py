"""Alerts come in: bodies are read in their senders' formats, stored, and applied in one transaction."""

from app.incidents.intake.receiving import Delivery, receive, reception
from app.incidents.intake.signals import AlertSignal

__all__ = ["AlertSignal", "Delivery", "receive", "reception"]
