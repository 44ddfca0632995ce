"""How quickly incidents are answered and what they cost whom: of one incident, and over time.

Nothing is kept for it: all figures are worked out of the facts, so that none can contradict the timeline.
Source: PagerDuty, "Analytics"; its names and definitions.
"""

from app.incidents.metrics.figures import NAMES, figures_of_one

__all__ = ["NAMES", "figures_of_one"]
