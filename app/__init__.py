"""The core of Opsbook: the handbook's procedures, and what they stand on."""
