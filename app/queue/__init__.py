"""Redis or Valkey, which only wakes workers and browsers. Emptying it, or losing it, loses nothing."""
