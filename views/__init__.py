"""The console: pages rendered on the server over named GraphQL operations."""
