"""A stand-in for Statuspage on loopback: one page, its components and incidents, and the rules of its API.

It shares no code with `app.outside.statuspage`, so that a mistake there is not repeated here.
"""
