"""PagerDuty: events out and in, webhooks in, and what its REST API tells about incidents and readiness."""
