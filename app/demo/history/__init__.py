"""Ninety days of incidents and activity that never were: always the same ones before the same moment."""
