"""CSV that spreadsheets open safely: typed columns, written from Python or by PostgreSQL, to the same bytes.

Source: RFC 4180; OWASP, "CSV Injection"; ASVS 5.0, 1.2.10.
"""

from app.spreadsheets.columns import Column, Kind, Money
from app.spreadsheets.copying import copy
from app.spreadsheets.file_names import attachment
from app.spreadsheets.sheet import Sheet

__all__ = ["Column", "Kind", "Money", "Sheet", "attachment", "copy"]
