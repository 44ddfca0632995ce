"""Who did what, when: one row per command, written in the command's own transaction."""
