"""Incidents in the schema."""
