"""When outsiders are told, who has to agree, and in which words: pure."""

from __future__ import annotations

from datetime import timedelta

from app.incidents.communication.words import Channel
from app.incidents.words import IncidentStatus, Severity
from app.templates.words import Audience, PublicStatus

# Fact 38: the first public update is due at 5:00, then one every 20:00.
FIRST_UPDATE_WITHIN = timedelta(minutes=5)
UPDATE_EVERY = timedelta(minutes=20)
# Nobody may promise silence: the next word comes within a day.
LONGEST_SILENCE = timedelta(hours=24)
# What could not be delivered by now is old news.
GIVE_UP_AFTER = timedelta(hours=6)
HISTORY = timedelta(days=90)
# Nobody says the very same again so soon on purpose.
PRESSED_TWICE_WITHIN = timedelta(minutes=1)

FIRST_PUBLIC_UPDATE = "first_public_update"
NEXT_UPDATE = "next_update"
NEXT_ENTERPRISE_UPDATE = "next_enterprise_update"
# What is owed to whom, and so what a message to them meets.
OWED: dict[Audience, tuple[str, ...]] = {
    Audience.COMMUNITY: (FIRST_PUBLIC_UPDATE, NEXT_UPDATE),
    Audience.ENTERPRISE: (NEXT_ENTERPRISE_UPDATE,),
    Audience.INTERNAL: (),
}
OWED_FOR = {kind: audience for audience, kinds in OWED.items() for kind in kinds}

# Slack shows colleagues what everybody was told; the status page is for the community alone.
CHANNELS: dict[Audience, tuple[Channel, ...]] = {
    Audience.COMMUNITY: (Channel.STATUSPAGE, Channel.SLACK),
    Audience.ENTERPRISE: (Channel.SLACK,),
    Audience.INTERNAL: (Channel.SLACK,),
}

SEVERITY_WORDS = {
    Severity.S0: "major outage",
    Severity.S1: "partial outage",
    Severity.S2: "degraded service",
    Severity.S3: "no loss of service",
}

AUDIENCE_WORDS = {
    Audience.COMMUNITY: "the community",
    Audience.ENTERPRISE: "enterprise customers",
    Audience.INTERNAL: "colleagues",
}


def owes_first_update(severity: Severity) -> bool:
    """Whether the community must be told of it. S2 and S3 owe a word only once one was promised."""
    return severity in (Severity.S0, Severity.S1)


def needs_approval(severity: Severity, audience: Audience) -> bool:
    """Whether somebody else has to agree before a message leaves."""
    return severity in (Severity.S0, Severity.S1) and audience is not Audience.INTERNAL


def suggested_status(status: IncidentStatus, told: PublicStatus | None) -> PublicStatus:
    """What to say of an incident next, from where it stands and what was said last."""
    if status is IncidentStatus.MITIGATED:
        return PublicStatus.MONITORING
    if status in (IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED):
        is_open = told in (PublicStatus.INVESTIGATING, PublicStatus.IDENTIFIED)
        return told if told and is_open else PublicStatus.INVESTIGATING
    return PublicStatus.RESOLVED
