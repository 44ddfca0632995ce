"""A stand-in for PagerDuty on loopback: its protocol and its rules, and a phone that rings on a page.

It shares no code with `app.outside.pagerduty` but the HTTP client, so that a mistake there is not repeated
here. Everything is in memory. "Service" is PagerDuty's word; here it is a `Rota`, one for each role.
"""
