"""A stand-in for Slack on loopback: an incoming webhook, a channel to look at, and buttons to press.

It shares no code with `app.outside.slack` but the HTTP client, so that a mistake there is not repeated here.
"""
