"""The one way to the database: engine, unit of work, durable outgoing rows, migrations."""
