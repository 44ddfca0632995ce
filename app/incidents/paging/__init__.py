"""Pages: queued with the decision to page, sent under a fixed key, withdrawn when somebody answers."""

from app.incidents.paging.queueing import answer, queue, withdraw

__all__ = ["answer", "queue", "withdraw"]
