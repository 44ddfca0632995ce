"""GitHub: one issue per marker, and its place in a project."""
