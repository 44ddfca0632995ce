"""GitHub, Slack and Statuspage as one process on loopback, each under its own path, and a page to watch."""
