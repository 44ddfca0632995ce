"""What speaks to systems that are not ours: one module per system, and what they share."""
