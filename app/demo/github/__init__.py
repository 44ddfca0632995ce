"""A stand-in for GitHub on loopback: issues of one repository, its owner's projects, and the rules of both.

It shares no code with `app.outside.github`, so that a mistake there is not repeated here.
"""
