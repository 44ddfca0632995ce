"""What commands are given."""

from __future__ import annotations

from typing import Any

import strawberry

from api.words import IncidentRole, Severity, StreamKind, StreamScope
from app.incidents import sources

# Every mutation has one argument of this name.
INPUT = strawberry.argument(name="input", description="What the command takes.")


def given(description: str, **options: Any) -> Any:
    """A field of an input."""
    return strawberry.field(description=description, **options)


def number() -> Any:
    """Which incident."""
    return given("The incident's number.")


def expected_version() -> Any:
    """Optimistic concurrency."""
    return given("Refuse if the incident changed since this version; absent takes it as it is.", default=None)


@strawberry.input(description="An incident, and optionally the version that you saw.")
class IncidentRef:
    """Names an incident."""

    number: int = number()
    expected_version: int | None = expected_version()


@strawberry.input(description="A new incident, declared by a person.")
class DeclareIncidentInput:
    """What declareIncident takes."""

    title: str = given("What is wrong, in a line.")
    severity: Severity = given("How bad it is; if unsure, the worse.")
    reason: str | None = given("Why this severity.", default=None)


@strawberry.input(description="A severity and why.")
class ChangeSeverityInput:
    """What changeSeverity takes."""

    number: int = number()
    severity: Severity = given("How bad it is.")
    reason: str = given("Why. It is kept with the decision.")
    expected_version: int | None = expected_version()


@strawberry.input(description="An incident and why.")
class ReasonedIncidentInput:
    """What reopenIncident and cancelIncident take."""

    number: int = number()
    reason: str = given("Why. It is kept in the timeline.")
    expected_version: int | None = expected_version()


@strawberry.input(description="Incidents that are about the same, and which of them goes on.")
class MergeIncidentsInput:
    """What mergeIncidents takes."""

    into: IncidentRef = given("The one that goes on.")
    incidents: list[IncidentRef] = given("Those that go on in it, at most 50.")


@strawberry.input(description="Who does what in an incident.")
class AssignRoleInput:
    """What assignRole takes."""

    number: int = number()
    role: IncidentRole = given("As what.")
    person_id: strawberry.ID = given("Who, as in `person_3`.")
    expected_version: int | None = expected_version()


@strawberry.input(description="A note for the timeline.")
class PostNoteInput:
    """What postNote takes."""

    number: int = number()
    text: str = given("What you saw or did, at most 10 000 characters.")


@strawberry.input(description="A step of the checklist and its evidence.")
class ChecklistItemInput:
    """What completeChecklistItem takes."""

    number: int = number()
    key: str = given("Which step: `timeline` or `playbooks`.")
    url: str | None = given("For the playbooks: where the change can be read.", default=None)
    reason: str | None = given("For the playbooks: why no change is needed.", default=None)
    expected_version: int | None = expected_version()


@strawberry.input(description="A step of the checklist and why it may be left out.")
class ChecklistWaiverInput:
    """What waiveChecklistItem takes."""

    number: int = number()
    key: str = given("Which step: `timeline`, `revenue_proof`, `retrospective` or `playbooks`.")
    reason: str = given("Why. It stays beside the step.")
    expected_version: int | None = expected_version()


@strawberry.input(description="What a stream is about, all of it: what is left out is taken away.")
class ChangeStreamInput:
    """What changeStream takes."""

    stream: str = given("The stream's name.")
    kind: StreamKind = given("Whether more of it is good news or bad.")
    scope: StreamScope | None = given("What it is about.", default=None)
    core: bool = given("Whether it is one of those that everybody needs.", default=False)
    threshold: float | None = given(
        "A value a minute: an activity alarms below it, a failure above it.", default=None
    )
    reason: str = given("Why. It is kept in the audit trail.")
    expected_version: int | None = given(
        "Refuse if the stream changed since this version; absent takes it as it is.", default=None
    )


@strawberry.input(description="A new alert source.")
class CreateSourceInput:
    """What createSource takes."""

    name: str = given("Lower-case letters, digits and hyphens; part of the source's address.")
    format: str = given(f"What it speaks: {', '.join(sources.FORMATS)}.")


@strawberry.input(description="An alert source.")
class SourceRef:
    """Names a source."""

    source_id: strawberry.ID = given("Which, as in `source_3`.")


@strawberry.input(description="Somebody new.")
class AddPersonInput:
    """What addPerson takes."""

    email: str = given("Where mail reaches them.")
    name: str = given("What colleagues call them.")
    roles: list[str] = given("What they are in the organisation, such as `operator`.")


@strawberry.input(description="A person's roles.")
class ChangeRolesInput:
    """What changeRoles takes."""

    person_id: strawberry.ID = given("Who, as in `person_3`.")
    roles: list[str] = given("Exactly these; what is left out is taken away.")


@strawberry.input(description="Who somebody is in Slack.")
class SetSlackIdInput:
    """What setSlackId takes."""

    person_id: strawberry.ID = given("Who, as in `person_3`.")
    slack_id: str | None = given("Their member id, as in U0123ABCD; null forgets it.", default=None)


@strawberry.input(description="A person.")
class PersonRef:
    """Names a person."""

    person_id: strawberry.ID = given("Who, as in `person_3`.")


@strawberry.input(description="Your own time zone.")
class SetTimeZoneInput:
    """What setTimeZone takes."""

    time_zone: str | None = given("As in Europe/Berlin; null goes by the browser.", default=None)


@strawberry.input(description="Whom to sign in.")
class CreateSignInLinkInput:
    """What createSignInLink takes."""

    email: str = given("The address of an active account.")


@strawberry.input(description="A new API token.")
class CreateTokenInput:
    """What createToken takes."""

    name: str = given("What it is for.")
    scopes: list[str] = given("What it may see and do, such as `incidents:read`.")
    integration: str | None = given("The one integration it is bound to.", default=None)
    expires_in_days: int | None = given("When it ends by itself; never if absent.", default=None)


@strawberry.input(description="An API token.")
class TokenRef:
    """Names a token."""

    token_id: strawberry.ID = given("Which, as in `token_3`.")


@strawberry.input(description="One of your sessions.")
class SessionRef:
    """Names a session."""

    session_id: strawberry.ID = given("Which, as in `session_3`.")
