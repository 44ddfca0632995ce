"""Commands on who may get in: people, their links and sessions, API tokens, alert sources."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import strawberry

from api.commands.inputs import (
    INPUT,
    AddPersonInput,
    ChangeRolesInput,
    CreateSignInLinkInput,
    CreateSourceInput,
    CreateTokenInput,
    PersonRef,
    SessionRef,
    SetSlackIdInput,
    SetTimeZoneInput,
    SourceRef,
    TokenRef,
)
from api.commands.payloads import (
    Command,
    Info,
    PersonPayload,
    SessionPayload,
    SignInLinkPayload,
    SourcePayload,
    TokenPayload,
    carry_out,
    row_id,
)
from app.errors import InvalidInput
from app.incidents import examples, sources
from app.security import links, people, second_factor, sessions, tokens
from app.security.permissions import Actor
from app.storage.unit_of_work import UnitOfWork


async def _person(info: Info, key: int | None, command: Command) -> PersonPayload:
    outcome = await carry_out(info, key, command)
    return PersonPayload(key=outcome.key, user_errors=outcome.errors)


async def _source(info: Info, command: Command, asked: CreateSourceInput | None = None) -> SourcePayload:
    outcome = await carry_out(info, None, command)
    example = None
    if asked and outcome.secret:
        url = sources.address(info.context.base_url, name=asked.name, sends=asked.format)
        example = examples.example(asked.format, url=url, key=outcome.secret)
    return SourcePayload(key=outcome.key, secret=outcome.secret, example=example, user_errors=outcome.errors)


async def _token(info: Info, command: Command) -> TokenPayload:
    outcome = await carry_out(info, None, command)
    return TokenPayload(key=outcome.key, secret=outcome.secret, user_errors=outcome.errors)


def _life(days: int | None) -> timedelta | None:
    # Here too, for a timedelta does not hold every Int.
    if days is not None and not 0 < days <= tokens.LONGEST_LIFE.days:
        raise InvalidInput("A token expires within 10 years, not before now.", path=("expiresInDays",))
    return None if days is None else timedelta(days=days)


@strawberry.type
class AccountCommands:
    """The mutations of the settings."""

    @strawberry.mutation(description="Let somebody sign in. Needs the scope `admin`.")
    async def add_person(self, info: Info, asked: Annotated[AddPersonInput, INPUT]) -> PersonPayload:
        """Add."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await people.add(work, actor, email=asked.email, name=asked.name, roles=asked.roles)

        return await _person(info, None, command)

    @strawberry.mutation(description="Give a person exactly these roles. Needs the scope `admin`.")
    async def change_roles(self, info: Info, asked: Annotated[ChangeRolesInput, INPUT]) -> PersonPayload:
        """Change."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            person_id = row_id(asked.person_id, "person", "personId")
            return await people.change_roles(work, actor, person_id, roles=asked.roles)

        return await _person(info, None, command)

    @strawberry.mutation(
        description="Say who a person is in Slack, so that they can answer there. Needs the scope `admin`."
    )
    async def set_slack_id(self, info: Info, asked: Annotated[SetSlackIdInput, INPUT]) -> PersonPayload:
        """Set."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            person_id = row_id(asked.person_id, "person", "personId")
            return await people.set_slack_id(work, actor, person_id, slack_id=asked.slack_id)

        return await _person(info, None, command)

    @strawberry.mutation(description="Shut a person out at once. Needs the scope `admin`.")
    async def deactivate_person(self, info: Info, asked: Annotated[PersonRef, INPUT]) -> PersonPayload:
        """Deactivate."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await people.deactivate(work, actor, row_id(asked.person_id, "person", "personId"))

        return await _person(info, None, command)

    @strawberry.mutation(description="Choose the zone that your times are shown in.")
    async def set_time_zone(self, info: Info, asked: Annotated[SetTimeZoneInput, INPUT]) -> PersonPayload:
        """Set."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await people.set_time_zone(work, actor, time_zone=asked.time_zone)

        return await _person(info, None, command)

    @strawberry.mutation(description="Make a link that signs somebody in, once. Needs the scope `admin`.")
    async def create_sign_in_link(
        self, info: Info, asked: Annotated[CreateSignInLinkInput, INPUT]
    ) -> SignInLinkPayload:
        """Create."""

        async def command(work: UnitOfWork, actor: Actor) -> tuple[None, str]:
            return None, await links.create_by_hand(work, actor, email=asked.email)

        outcome = await carry_out(info, None, command)
        url = links.url(info.context.base_url, outcome.secret) if outcome.secret else None
        return SignInLinkPayload(url=url, user_errors=outcome.errors)

    @strawberry.mutation(description="End a session. Its browser has to sign in again.")
    async def end_session(self, info: Info, asked: Annotated[SessionRef, INPUT]) -> SessionPayload:
        """End."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            session_id = row_id(asked.session_id, "session", "sessionId")
            await sessions.end(work, actor, session_id)
            return session_id

        outcome = await carry_out(info, None, command)
        return SessionPayload(key=outcome.key, user_errors=outcome.errors)

    @strawberry.mutation(description="End all sessions of a person. Needs the scope `admin`.")
    async def end_sessions(self, info: Info, asked: Annotated[PersonRef, INPUT]) -> PersonPayload:
        """End."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await sessions.end_all_of(work, actor, row_id(asked.person_id, "person", "personId"))

        return await _person(info, None, command)

    @strawberry.mutation(description="Take away a second factor that was lost. Needs the scope `admin`.")
    async def reset_second_factor(self, info: Info, asked: Annotated[PersonRef, INPUT]) -> PersonPayload:
        """Reset."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await second_factor.reset(work, actor, row_id(asked.person_id, "person", "personId"))

        return await _person(info, None, command)

    @strawberry.mutation(description="Make an API token. It can never do more than you.")
    async def create_token(self, info: Info, asked: Annotated[CreateTokenInput, INPUT]) -> TokenPayload:
        """Create."""

        async def command(work: UnitOfWork, actor: Actor) -> tuple[int, str]:
            return await tokens.create(
                work,
                actor,
                name=asked.name,
                scopes=asked.scopes,
                integration=asked.integration,
                expires=_life(asked.expires_in_days),
            )

        return await _token(info, command)

    @strawberry.mutation(description="Refuse an API token from now on.")
    async def revoke_token(self, info: Info, asked: Annotated[TokenRef, INPUT]) -> TokenPayload:
        """Revoke."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await tokens.revoke(work, actor, row_id(asked.token_id, "token", "tokenId"))

        return await _token(info, command)

    @strawberry.mutation(description="Make an alert source. Needs the scope `admin`.")
    async def create_source(self, info: Info, asked: Annotated[CreateSourceInput, INPUT]) -> SourcePayload:
        """Create."""

        async def command(work: UnitOfWork, actor: Actor) -> tuple[int, str]:
            return await sources.add(work, actor, name=asked.name, sends=asked.format)

        return await _source(info, command, asked)

    @strawberry.mutation(description="Refuse an alert source's key from now on. Needs the scope `admin`.")
    async def revoke_source(self, info: Info, asked: Annotated[SourceRef, INPUT]) -> SourcePayload:
        """Revoke."""

        async def command(work: UnitOfWork, actor: Actor) -> int:
            return await sources.revoke(work, actor, row_id(asked.source_id, "source", "sourceId"))

        return await _source(info, command)
