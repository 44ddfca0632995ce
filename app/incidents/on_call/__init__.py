"""On-call: who is to be paged in a role, and until when."""
