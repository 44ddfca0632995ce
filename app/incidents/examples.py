"""What to give a sender: its own configuration, or a command that sends a first alert, ready to be copied."""

from __future__ import annotations

_CURL = "curl URL \\\n  -H 'Authorization: Bearer KEY' -H 'Content-Type: TYPE' \\\n  -d '"
_JSON = _CURL.replace("TYPE", "application/json")

# Each format's example. URL and KEY stand for the source's.
EXAMPLES = {
    "alertmanager": """\
receivers:
  - name: opsbook
    webhook_configs:
      - url: URL
        send_resolved: true
        http_config:
          authorization:
            credentials: KEY""",
    "pagerduty": """\
curl URL -H 'Content-Type: application/json' \\
  -d '{"routing_key": "KEY", "event_action": "trigger", "dedup_key": "first",
       "payload": {"summary": "First alert", "source": "shell", "severity": "error"}}'""",
    "grafana": """\
apiVersion: 1
contactPoints:
  - orgId: 1
    name: opsbook
    receivers:
      - uid: opsbook
        type: webhook
        settings:
          url: URL
          httpMethod: POST
          authorization_scheme: Bearer
          authorization_credentials: KEY""",
    "cloudevents": _CURL.replace("TYPE", "application/cloudevents+json")
    + """\
{"specversion": "1.0", "id": "1", "source": "/shell", "type": "com.example.alert",
       "data": {"event_action": "trigger", "dedup_key": "first",
                "payload": {"summary": "First alert", "severity": "error"}}}'""",
    "json": _JSON
    + """\
{"dedup_key": "first", "summary": "First alert", "severity": "error", "status": "firing"}'""",
    "heartbeat": """\
*/5 * * * * my-job && curl -fsS -m 10 --retry 3 -X POST -H 'Authorization: Bearer KEY' URL""",
    "activity": _JSON
    + """\
[{"stream": "checkout", "kind": "checkout.completed", "value": 41,
        "occurred_at": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'"}]'""",
}


def example(sends: str, *, url: str, key: str) -> str:
    """Write the example of a format with a source's own address and key in it."""
    return EXAMPLES[sends].replace("URL", url).replace("KEY", key)
