"""The incident report: everything that is known of one incident, for people and for programs."""

from app.incidents.report.facts import Report, gather
from app.incidents.report.markdown import written

__all__ = ["Report", "gather", "written"]
