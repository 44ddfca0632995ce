"""The GraphQL schema and what runs it: the only part of Opsbook that knows Strawberry."""
