"""Commands on incidents."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.commands.inputs import (
    INPUT,
    AssignRoleInput,
    ChangeSeverityInput,
    DeclareIncidentInput,
    IncidentRef,
    MergeIncidentsInput,
    PostNoteInput,
    ReasonedIncidentInput,
)
from api.commands.payloads import Command, IncidentPayload, Info, carry_out, row_id
from app.errors import Conflict
from app.incidents import (
    acknowledgement,
    escalation,
    merging,
    opening,
    participation,
    resolution,
    severity,
    timeline,
)
from app.incidents.merging import Seen
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork

Ref = Annotated[IncidentRef, INPUT]
Reasoned = Annotated[ReasonedIncidentInput, INPUT]


async def answer(info: Info, number: int | None, command: Command) -> IncidentPayload:
    """Run a command on an incident and answer with it as it stands afterwards."""
    outcome = await carry_out(info, number, command)
    return IncidentPayload(key=outcome.key, user_errors=outcome.errors)


@strawberry.type
class IncidentCommands:
    """The mutations of an incident's page."""

    @strawberry.mutation(description="Open an incident because you say so; the on-call operator is paged.")
    async def declare_incident(
        self, info: Info, asked: Annotated[DeclareIncidentInput, INPUT]
    ) -> IncidentPayload:
        """Source: handbook, "Severity definitions"."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await opening.declare(
                work, actor, title=asked.title, severity=asked.severity, reason=asked.reason
            )

        return await answer(info, None, command)

    @strawberry.mutation(description="Take an incident: the escalation stops, and you take part.")
    async def acknowledge_incident(self, info: Info, asked: Ref) -> IncidentPayload:
        """Source: handbook, "Paging sequence"."""

        async def command(work: UnitOfWork, actor: Actor) -> Conflict | None:
            version = asked.expected_version
            found = await acknowledgement.acknowledge(
                work, actor, asked.number, via=info.context.via, expected_version=version
            )
            done = found.first or found.by == actor.name  # whoever presses twice is not told of themselves
            return None if done else Conflict(f"{found.by} was faster. Your answer is on the timeline too.")

        return await answer(info, asked.number, command)

    @strawberry.mutation(description="Page the next in line now instead of waiting.")
    async def escalate_incident(self, info: Info, asked: Ref) -> IncidentPayload:
        """Source: handbook, "Paging sequence"."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await escalation.escalate(
                work, actor, asked.number, expected_version=asked.expected_version
            )

        return await answer(info, asked.number, command)

    @strawberry.mutation(description="Decide on the severity anew. S0 and S1 page the policy owner at once.")
    async def change_severity(
        self, info: Info, asked: Annotated[ChangeSeverityInput, INPUT]
    ) -> IncidentPayload:
        """Source: handbook, "Severity definitions"."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await severity.change(
                work,
                actor,
                asked.number,
                severity=asked.severity,
                reason=asked.reason,
                expected_version=asked.expected_version,
            )

        return await answer(info, asked.number, command)

    @strawberry.mutation(description="Say that it hurts nobody any more, though its cause may stand.")
    async def mitigate_incident(self, info: Info, asked: Ref) -> IncidentPayload:
        """Mitigate."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await resolution.mitigate(
                work, actor, asked.number, expected_version=asked.expected_version
            )

        return await answer(info, asked.number, command)

    @strawberry.mutation(description="Say that it is over: timers stop, and every page is resolved.")
    async def resolve_incident(self, info: Info, asked: Ref) -> IncidentPayload:
        """Resolve."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await resolution.resolve(
                work, actor, asked.number, expected_version=asked.expected_version
            )

        return await answer(info, asked.number, command)

    @strawberry.mutation(description="Take a resolved incident up again, with new pages and a fresh ladder.")
    async def reopen_incident(self, info: Info, asked: Reasoned) -> IncidentPayload:
        """Reopen."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await resolution.reopen(
                work, actor, asked.number, reason=asked.reason, expected_version=asked.expected_version
            )

        return await answer(info, asked.number, command)

    @strawberry.mutation(description="Say that it was none. S0 and S1 are cancelled by a commander alone.")
    async def cancel_incident(self, info: Info, asked: Reasoned) -> IncidentPayload:
        """Cancel."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await resolution.cancel(
                work, actor, asked.number, reason=asked.reason, expected_version=asked.expected_version
            )

        return await answer(info, asked.number, command)

    @strawberry.mutation(
        description="Let incidents go on in another one: their alerts belong there, their pages are resolved,"
        " and the worse severity counts. It cannot be undone. S0 and S1 are merged by a commander alone."
    )
    async def merge_incidents(
        self, info: Info, asked: Annotated[MergeIncidentsInput, INPUT]
    ) -> IncidentPayload:
        """Merge."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            merged = [Seen(one.number, one.expected_version) for one in asked.incidents]
            into = Seen(asked.into.number, asked.into.expected_version)
            return await merging.merge(work, actor, merged, into=into)

        return await answer(info, asked.into.number, command)

    @strawberry.mutation(description="Give somebody a role in an incident.")
    async def assign_role(self, info: Info, asked: Annotated[AssignRoleInput, INPUT]) -> IncidentPayload:
        """Assign."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await participation.assign(
                work,
                actor,
                asked.number,
                role=asked.role,
                person_id=row_id(asked.person_id, "person", "personId"),
                expected_version=asked.expected_version,
            )

        return await answer(info, asked.number, command)

    @strawberry.mutation(description="Write down what you saw or did.")
    async def post_note(self, info: Info, asked: Annotated[PostNoteInput, INPUT]) -> IncidentPayload:
        """Post."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await timeline.note(work, actor, asked.number, text=asked.text)

        return await answer(info, asked.number, command)
