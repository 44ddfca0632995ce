"""Pages: queued with the decision to page, sent under a fixed key, withdrawn when somebody answers."""

from app.incidents.paging.queueing import EVERYBODY, LADDER, answer, call_people, hurry, queue, withdraw

__all__ = ["EVERYBODY", "LADDER", "answer", "call_people", "hurry", "queue", "withdraw"]
