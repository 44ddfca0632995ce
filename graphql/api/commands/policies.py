"""Commands on escalation policies."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import strawberry

from api.commands.inputs import INPUT, given
from api.commands.payloads import (
    AFTERWARDS,
    ERRORS,
    KEY,
    Command,
    Info,
    SourcePayload,
    UserError,
    carry_out,
    row_id,
)
from api.plan import one
from api.policies import POLICY, EscalationPolicy
from api.words import IncidentRole
from app.errors import InvalidInput
from app.incidents import policies
from app.incidents.policies import Draft, Planned
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork


@strawberry.input(description="A step of a policy. It pages a role, or one person by name.")
class EscalationPolicyStepInput:
    """A step."""

    role: IncidentRole | None = given("Which role: `OPERATOR` or `INCIDENT_COMMANDER`.", default=None)
    person_id: strawberry.ID | None = given("Or whom by name, as in `person_3`.", default=None)
    delay_seconds: int = given("How long after the step before.")


@strawberry.input(description="A new escalation policy.")
class CreateEscalationPolicyInput:
    """What createEscalationPolicy takes."""

    name: str = given("What it is called.")
    steps: list[EscalationPolicyStepInput] = given("Whom to page, in turn.")
    repeats: int = given("How often the commander is paged again, five minutes apart.", default=3)
    lapses_after_minutes: int = given("After how long an acknowledgement lapses.", default=30)


@strawberry.input(description="What a policy is to say from now on, and why.")
class ReviseEscalationPolicyInput:
    """What reviseEscalationPolicy takes."""

    policy_id: strawberry.ID = given("Which policy, as in `policy_1`.")
    steps: list[EscalationPolicyStepInput] = given("Whom to page, in turn.")
    repeats: int = given("How often the commander is paged again, five minutes apart.", default=3)
    lapses_after_minutes: int = given("After how long an acknowledgement lapses.", default=30)
    reason: str = given("Why. It stays beside the version.")
    expected_version: int | None = given("Refuse if it was revised since this version.", default=None)


@strawberry.input(description="An escalation policy.")
class EscalationPolicyRef:
    """Names a policy."""

    policy_id: strawberry.ID = given("Which policy, as in `policy_1`.")


@strawberry.input(description="A source of alerts and the policy of its incidents.")
class ChooseEscalationPolicyInput:
    """What chooseEscalationPolicy takes."""

    source_id: strawberry.ID = given("Which source, as in `source_1`.")
    policy_id: strawberry.ID = given("Which policy; the default one takes a choice back.")


@strawberry.type(description="What became of an escalation policy.")
class EscalationPolicyPayload:
    """The answer of commands on policies."""

    key: strawberry.Private[int | None]
    escalation_policy: EscalationPolicy | None = one(POLICY.id == KEY, AFTERWARDS)
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


async def _policy(info: Info, command: Command) -> EscalationPolicyPayload:
    outcome = await carry_out(info, None, command)
    return EscalationPolicyPayload(key=outcome.key, user_errors=outcome.errors)


def _draft(asked: CreateEscalationPolicyInput | ReviseEscalationPolicyInput) -> Draft:
    steps = tuple(_step(one) for one in asked.steps)
    return Draft(steps, asked.repeats, timedelta(minutes=asked.lapses_after_minutes))


def _step(asked: EscalationPolicyStepInput) -> Planned:
    if (asked.role is None) == (asked.person_id is None):
        raise InvalidInput("A step pages either a role or a person. Give one of them.", path=("steps",))
    wait = timedelta(seconds=asked.delay_seconds)
    if asked.role is not None:
        return Planned(wait, asked.role)
    return Planned(wait, person_id=row_id(asked.person_id or "", "person", "steps"))


@strawberry.type
class PolicyCommands:
    """The mutations of the policies' pages."""

    @strawberry.mutation(
        description="Make an escalation policy that alert sources can choose. Needs the scope `admin`."
    )
    async def create_escalation_policy(
        self, info: Info, asked: Annotated[CreateEscalationPolicyInput, INPUT]
    ) -> EscalationPolicyPayload:
        """Source: handbook, "Paging sequence"."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await policies.add(work, actor, name=asked.name, draft=_draft(asked))

        return await _policy(info, command)

    @strawberry.mutation(
        description="Write a new version of a policy. Incidents that are open keep theirs. Needs the scope"
        " `admin`."
    )
    async def revise_escalation_policy(
        self, info: Info, asked: Annotated[ReviseEscalationPolicyInput, INPUT]
    ) -> EscalationPolicyPayload:
        """Revise."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await policies.revise(
                work,
                actor,
                row_id(asked.policy_id, "policy", "policyId"),
                _draft(asked),
                reason=asked.reason,
                expected_version=asked.expected_version,
            )

        return await _policy(info, command)

    @strawberry.mutation(description="Let no incident take a policy any more. Needs the scope `admin`.")
    async def retire_escalation_policy(
        self, info: Info, asked: Annotated[EscalationPolicyRef, INPUT]
    ) -> EscalationPolicyPayload:
        """Retire."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await policies.retire(work, actor, row_id(asked.policy_id, "policy", "policyId"))

        return await _policy(info, command)

    @strawberry.mutation(
        description="Let the incidents of an alert source take a policy. Needs the scope `admin`."
    )
    async def choose_escalation_policy(
        self, info: Info, asked: Annotated[ChooseEscalationPolicyInput, INPUT]
    ) -> SourcePayload:
        """Choose."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            source_id = row_id(asked.source_id, "source", "sourceId")
            return await policies.choose(
                work, actor, source_id, row_id(asked.policy_id, "policy", "policyId")
            )

        outcome = await carry_out(info, None, command)
        return SourcePayload(key=outcome.key, secret=None, example=None, user_errors=outcome.errors)
