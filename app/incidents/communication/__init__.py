"""Handbook, "Communication templates": whom we tell what, from which wording, and that it arrived."""
