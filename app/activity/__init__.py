"""The admin activity feed: what happened, in one list."""
