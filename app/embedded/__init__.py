"""A private PostgreSQL and a private Valkey on unix sockets under one data directory, no root and no ports.

The programs come from wheels or from the system. They run under a lock, end with the process that
started them even when that is killed, and are started again if they end on their own.
"""

from app.embedded.engines import joined, running
from app.embedded.place import Engines

__all__ = ["Engines", "joined", "running"]
