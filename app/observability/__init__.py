"""What Opsbook says of itself: logs, metrics and health. It reads what others write and decides nothing."""
