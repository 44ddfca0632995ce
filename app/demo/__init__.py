"""What `opsbook up --demo` adds: stand-ins for outside systems, and the data to look at."""
