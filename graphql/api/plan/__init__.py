"""Reads are planned: a type says its fields once, as SQL, and a document becomes one statement."""

from api.plan.declare import column, computed, connection, many, node, one, part, table_type
from api.plan.inputs import Arguments

__all__ = ["Arguments", "column", "computed", "connection", "many", "node", "one", "part", "table_type"]
