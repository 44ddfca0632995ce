"""GraphQL over HTTP. Source: GraphQL over HTTP, the specification's current draft."""

from api.http.endpoint import Endpoint, graphql_endpoint, refusal, schema_endpoint

__all__ = ["Endpoint", "graphql_endpoint", "refusal", "schema_endpoint"]
