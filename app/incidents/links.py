"""The signed link that acknowledges one incident: its GET changes nothing, its POST does."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.incidents.words import IncidentRole
from app.security import signing

PURPOSE = "incident-acknowledgement"
VALID_FOR = timedelta(hours=24)


def acknowledgement_link(
    base_url: str, secret_key: str, *, number: int, generation: int, role: IncidentRole, queued_at: datetime
) -> str:
    """The address that a page carries. It holds for one incident, one generation, and a day."""
    payload = {"incident": number, "generation": generation, "role": role.value}
    token = signing.sign(secret_key, PURPOSE, payload, queued_at + VALID_FOR)
    return f"{base_url.rstrip('/')}/acknowledge/{token}"
