"""How quickly incidents are answered and what they cost whom: of one incident, and over time.

Nothing is kept for it: all figures are worked out of the facts, so that none can contradict the timeline.
Source: PagerDuty, "Analytics"; its names and definitions.
"""

from app.incidents.metrics.figures import NAMES, figures_of_one
from app.incidents.metrics.over_time import Figures, Group, OverTime, Spread, read
from app.incidents.metrics.windows import Every, Period, Window, window

__all__ = [
    "NAMES",
    "Every",
    "Figures",
    "Group",
    "OverTime",
    "Period",
    "Spread",
    "Window",
    "figures_of_one",
    "read",
    "window",
]
