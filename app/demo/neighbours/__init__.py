"""GitHub, Slack, Statuspage and a mailbox as one process on loopback, and a page to watch."""
