"""Slack: messages out through an incoming webhook, and what people press in them."""
