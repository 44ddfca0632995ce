"""Handbook, "Incident response escalation": from an alert to a closed incident with proof."""
