"""What the pager reports: every authentic webhook is kept once, and applied whatever order it comes in.

Source: PagerDuty developer documentation, "Webhooks": at least once, retried for 48 hours, late and doubled.
"""

from app.incidents.provider_events.receiving import Webhook, receive, reception

__all__ = ["Webhook", "receive", "reception"]
