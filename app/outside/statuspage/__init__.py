"""Statuspage: one incident there for each of ours, and one update there for each of ours."""
