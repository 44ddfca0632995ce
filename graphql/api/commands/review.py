"""Commands on what is owed after an incident."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.commands.incidents import Ref, answer
from api.commands.inputs import INPUT, ChecklistItemInput, ChecklistWaiverInput
from api.commands.payloads import IncidentPayload, Info
from app.errors import EvidenceRequired, InvalidInput
from app.incidents import closing, retrospective
from app.incidents.checklist import playbooks, reviewing, waiving
from app.incidents.words import ChecklistKey
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork


@strawberry.type
class ReviewCommands:
    """The mutations of an incident's review."""

    @strawberry.mutation(
        description="Close a resolved incident. Refused with CHECKLIST_INCOMPLETE while a step is open."
    )
    async def close_incident(self, info: Info, asked: Ref) -> IncidentPayload:
        """Source: handbook, "Post-incident checklist"."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await closing.close(work, actor, asked.number, expected_version=asked.expected_version)

        return await answer(info, asked.number, command)

    @strawberry.mutation(
        description="Sign that the timeline is complete, or record what became of the playbooks."
        " The other steps complete themselves when their evidence is there."
    )
    async def complete_checklist_item(
        self, info: Info, asked: Annotated[ChecklistItemInput, INPUT]
    ) -> IncidentPayload:
        """Source: handbook, "Post-incident checklist"."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await _complete(work, actor, asked)

        return await answer(info, asked.number, command)

    @strawberry.mutation(
        description="Sign that a step may be left out. It may once a commander and the policy owner have."
    )
    async def waive_checklist_item(
        self, info: Info, asked: Annotated[ChecklistWaiverInput, INPUT]
    ) -> IncidentPayload:
        """Source: handbook, "Post-incident checklist"."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await waiving.waive(
                work,
                actor,
                asked.number,
                key=_key(asked.key),
                reason=asked.reason,
                expected_version=asked.expected_version,
            )

        return await answer(info, asked.number, command)

    @strawberry.mutation(
        description="Ask for the retrospective's issue. A worker files it, once, and reads it back."
    )
    async def file_retrospective(self, info: Info, asked: Ref) -> IncidentPayload:
        """Source: handbook, "file retrospective issue in the Operations project"."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await retrospective.request(
                work, actor, asked.number, expected_version=asked.expected_version
            )

        return await answer(info, asked.number, command)


async def _complete(work: UnitOfWork, actor: Actor, asked: ChecklistItemInput) -> int:
    match _key(asked.key):
        case ChecklistKey.TIMELINE:
            return await reviewing.review_timeline(
                work, actor, asked.number, expected_version=asked.expected_version
            )
        case ChecklistKey.PLAYBOOKS:
            return await playbooks.record(
                work,
                actor,
                asked.number,
                url=asked.url,
                reason=asked.reason,
                expected_version=asked.expected_version,
            )
        case ChecklistKey.RETROSPECTIVE:
            raise EvidenceRequired(
                "File the retrospective; the step is done when its issue is in Operations."
            )
        case ChecklistKey.REVENUE_PROOF:
            raise EvidenceRequired(
                "Attach a snapshot of a saved view; the step is done when it proves recovery."
            )


def _key(text: str) -> ChecklistKey:
    try:
        return ChecklistKey(text)
    except ValueError:
        known = ", ".join(ChecklistKey)
        raise InvalidInput(
            f"The checklist has no step {text[:40]!r}. It has {known}.", path=("key",)
        ) from None
