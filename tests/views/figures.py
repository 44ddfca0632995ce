"""The figures of an incident that has just begun, as GraphQL answers them."""

from __future__ import annotations

from typing import Any

FIGURES: dict[str, Any] = {
    "secondsToFirstAck": None,
    "secondsToEngage": None,
    "secondsToMobilize": None,
    "secondsToResolve": None,
    "secondsToPageAccepted": 1.2,
    "secondsToPolicyOwner": None,
    "secondsToFirstPublicUpdate": None,
    "secondsToRevenueProof": None,
    "escalationLatenessSeconds": 0.0,
    "timeoutEscalationCount": 0,
    "manualEscalationCount": 0,
    "totalInterruptions": 2,
    "sleepHourInterruptions": 1,
}
