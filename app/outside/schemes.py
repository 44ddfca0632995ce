"""How each sender that we know signs its webhooks; all of them with HMAC-SHA-256.

GitHub and PagerDuty sign no time and no id: a copy of theirs is authentic for ever.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from app.errors import InvalidInput

TOLERANCE = timedelta(minutes=5)
PREFIX = "whsec_"


def _as_it_stands(secret: str) -> bytes:
    """The environment hands over bytes that are no UTF-8 as lone surrogates; it knows of no others."""
    try:
        return secret.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        raise InvalidInput("A webhook's secret is text. Set one without lone surrogates.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How one sender signs.

    `header` holds the signatures, each after `label`, with `between` between two. `signed` is what is signed:
    `{body}` at its end, before it perhaps `{id}` and `{time}`, which is in seconds since 1970. The time has
    a header of its own, or stands among the signatures after `time_label`.
    """

    header: str
    label: str
    signed: str
    between: str = ","
    id_header: str | None = None
    time_header: str | None = None
    time_label: str | None = None
    tolerance: timedelta = TOLERANCE
    encode: Callable[[bytes], str] = bytes.hex
    key: Callable[[str], bytes] = _as_it_stands


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _standard_key(secret: str) -> bytes:
    text = secret.removeprefix(PREFIX)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise InvalidInput(f"A webhook's secret is `{PREFIX}` and base64.") from None


# Source: PagerDuty developer documentation, "Webhooks", "Verifying Signatures".
PAGERDUTY = Scheme(header="X-PagerDuty-Signature", label="v1=", signed="{body}", id_header="X-Webhook-Id")

# Source: GitHub documentation, "Validating webhook deliveries".
GITHUB = Scheme(header="X-Hub-Signature-256", label="sha256=", signed="{body}", id_header="X-GitHub-Delivery")

# Source: Stripe documentation, "Verify webhook signatures manually".
STRIPE = Scheme(header="Stripe-Signature", label="v1=", signed="{time}.{body}", time_label="t=")

# Source: Slack developer documentation, "Verifying requests from Slack".
SLACK = Scheme(
    header="X-Slack-Signature",
    label="v0=",
    signed="v0:{time}:{body}",
    time_header="X-Slack-Request-Timestamp",
)

# Source: Standard Webhooks 1.0.0, "Signature scheme" and "Webhook headers". `v1a`, with public keys, is no
# signature that we make or read; others in the list are passed over.
STANDARD = Scheme(
    header="webhook-signature",
    label="v1,",
    between=" ",
    signed="{id}.{time}.{body}",
    id_header="webhook-id",
    time_header="webhook-timestamp",
    encode=_base64,
    key=_standard_key,
)
