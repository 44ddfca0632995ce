"""Severity from the activity feed's trend lines. Source: handbook, "Severity definitions"."""
