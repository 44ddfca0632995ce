"""What runs beside the web: thin jobs over the core, one process per queue and any number of processes."""
