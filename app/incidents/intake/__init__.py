"""Alerts come in: bodies are read in their senders' formats, stored, and applied in one transaction."""

from app.incidents.intake.receiving import Delivery, Parts, Read, receive, reception, whole
from app.incidents.intake.signals import AlertSignal

__all__ = ["AlertSignal", "Delivery", "Parts", "Read", "receive", "reception", "whole"]
