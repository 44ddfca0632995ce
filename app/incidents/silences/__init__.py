"""Silences: alerts that somebody expects are stored and shown, and page nobody while that lasts."""
