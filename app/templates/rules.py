"""How large a template and what fills it may be. Together they bound the time that filling takes."""

from __future__ import annotations

# Bytes of a file with its front matter, and characters of any other text that has variables.
LARGEST_TEMPLATE = 10_000
# Characters of what comes out: ten printed pages. The worst Markdown of this size is HTML in 0.2 seconds.
LARGEST_OUTPUT = 20_000
LONGEST_SUBJECT = 200
LONGEST_VALUE = 5_000
LONGEST_LIST = 100
# Digits, so that no number grows when it is written: PostgreSQL's bigint has 19.
LONGEST_NUMBER = 30
# Conditions in conditions, filters on filters, dots after dots.
DEEPEST = 12
# Every part and every expression is a step; the longest list over ten lines with three variables takes 6,000.
MOST_STEPS = 10_000
