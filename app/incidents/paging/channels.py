"""What pages leave through: the settings, clients and keys, and the words of a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.incidents import links, rules
from app.incidents.models import Page
from app.incidents.paging import crowds
from app.incidents.paging.queueing import ROLES
from app.incidents.words import IncidentRole, Severity, Signal
from app.outside import http
from app.outside.mail import Mail
from app.outside.pagerduty import events
from app.outside.pagerduty.rest import Rest
from app.outside.pagerduty.shapes import MAX_SUMMARY, Acknowledge, Event, Link, Payload, Resolve, Trigger
from app.outside.pagerduty.shapes import Severity as EventSeverity
from app.outside.secret import Secret
from app.settings import Settings

# Source: PagerDuty, Events API v2 knows these four severities.
SEVERITY: dict[Severity, EventSeverity] = {
    Severity.S0: "critical",
    Severity.S1: "error",
    Severity.S2: "warning",
    Severity.S3: "info",
}


@dataclass(frozen=True, slots=True)
class Call:
    """A claimed page with what it says of its incident.

    `leave_before` is when it is too late to send it under this claim, by the event loop's stopwatch. `told`
    is what is to be told of it and of the `others` that it stands for, which come with their titles.
    """

    page: Page
    title: str
    severity: Severity
    reason: str
    leave_before: float
    told: Signal = Signal.TRIGGER
    others: tuple[tuple[Page, str, Severity], ...] = ()


@dataclass(frozen=True, slots=True)
class Channels:
    """One process's ways out. `patience` is how long a try may take; its lease outlasts it."""

    settings: Settings
    client: http.Client
    secret_key: str
    rest: Rest | None
    patience: timedelta = events.TIMEOUT

    @property
    def has_slack(self) -> bool:
        """Whether calls can go to Slack as well."""
        return self.settings.slack_webhook_url is not None

    def budget_of(self, role: IncidentRole) -> str:
        """Whose budget pays for a role's calls: roles that share a key share its budget."""
        _, key = self.routing_key(role)
        keys = {one: self.routing_key(one)[1] for one in ROLES}
        return next((one.value for one in ROLES if key is not None and keys[one] == key), role.value)

    def routing_key(self, role: IncidentRole) -> tuple[str, Secret | None]:
        """The variable and the value of the key that pages a role."""
        key = {
            IncidentRole.OPERATOR: self.settings.pagerduty_routing_key_operator,
            IncidentRole.INCIDENT_COMMANDER: self.settings.pagerduty_routing_key_commander,
            IncidentRole.POLICY_OWNER: self.settings.pagerduty_routing_key_policy_owner,
        }.get(role)
        short = "COMMANDER" if role is IncidentRole.INCIDENT_COMMANDER else role.name
        return f"OPSBOOK_PAGERDUTY_ROUTING_KEY_{short}", Secret(key) if key else None

    def event(self, call: Call, key: Secret) -> Event:
        """Say a page in PagerDuty's words."""
        page = call.page
        if call.told is Signal.ACKNOWLEDGE:
            return Acknowledge(routing_key=key, dedup_key=page.dedup_key)
        if call.told is Signal.RESOLVE:
            return Resolve(routing_key=key, dedup_key=page.dedup_key)
        return Trigger(
            routing_key=key,
            dedup_key=page.dedup_key,
            client="Opsbook",
            client_url=self.incident_url(page),
            links=[Link(href=self.acknowledge_url(page), text="Acknowledge")],
            payload=self._payload(call),
        )

    def mail(self, call: Call) -> Mail:
        """Say a page as a letter."""
        page = call.page
        subject = f"{rules.page_marker(page.incident_id, page.step)} {call.severity}: {call.title}"
        text = (
            f"{call.title}\n\n{call.reason}.\n\n{crowds.paragraph(call.others)}"
            f"You are paged as {page.role.value.replace('_', ' ')}.\n\n"
            f"Acknowledge: {self.acknowledge_url(page)}\n"
            f"The incident: {self.incident_url(page)}\n"
        )
        return Mail(
            to=page.recipient or "",
            subject=subject,
            text=text,
            message_id=f"{page.dedup_key.replace(':', '.')}@opsbook",
            references=(f"incident.{page.incident_id}@opsbook",),
        )

    def incident_url(self, page: Page) -> str:
        """The incident's page in the console."""
        return f"{self.settings.base_url.rstrip('/')}/incidents/{page.incident_id}"

    def acknowledge_url(self, page: Page) -> str:
        """The signed link that answers this call."""
        return links.acknowledgement_link(
            self.settings.base_url,
            self.secret_key,
            number=page.incident_id,
            generation=page.generation,
            step=page.step,
            queued_at=page.queued_at,
        )

    def _summary(self, call: Call) -> str:
        marker = rules.page_marker(call.page.incident_id, call.page.step)
        text = f"{marker} {call.severity}: {call.title}"
        return crowds.summary(text, call.others, self.settings.base_url, MAX_SUMMARY)

    def _payload(self, call: Call) -> Payload:
        page = call.page
        return Payload(
            summary=self._summary(call),
            source="opsbook",
            severity=SEVERITY[call.severity],
            component=f"OPS-{page.incident_id}",
            custom_details={
                "severity": call.severity.value,
                "reason": call.reason,
                "role": page.role.value,
                "incident": self.incident_url(page),
                "acknowledge": self.acknowledge_url(page),
                **crowds.details(call.others),
            },
        )
