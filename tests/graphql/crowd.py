"""One person of each role, one token of each scope, and an object of every type for them to see or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.security.permissions import NOBODY, PERSONAL, READS, Actor, Role, Scope
from tests.graphql.conftest import House, built, person

INSERTS = """
    insert into activity_stream (name, first_at)
        values ('incidents', clock_timestamp()), ('checkout', clock_timestamp())
        on conflict do nothing;
    insert into alert_source (name, format, key_sha256, created_at, created_by)
        values ('prometheus', 'alertmanager', 'k', clock_timestamp(), 'person:1');
    insert into silence (matchers, starts_at, ends_at, reason, includes_s0, created_at, created_by)
        values ('{a = b}', clock_timestamp(), clock_timestamp() + interval '1 day', 'A drill', false,
                clock_timestamp(), 'Olive');
    insert into failed_delivery (source_id, digest, content_type, headers, body, excerpt, error, times,
                                 received_at)
        values (1, 'd', 'application/json', '[]', '{', '{', 'The body is no JSON.', 2, clock_timestamp());
    insert into heartbeat (source_id, every_seconds, grace_seconds, severity) values (1, 60, 30, 'error');
    update alert_source set policy_id = 1;
    insert into escalation_policy (name) values ('Nights');
    insert into escalation_policy_version (policy_id, version, steps, created_at, created_by)
        values (2, 1, '[]', clock_timestamp(), 'Ada'),
               (1, 2, '[{"role": "operator", "after_seconds": 0, "person_id": 1}]', clock_timestamp(), 'Ada');
    insert into api_token (name, token_sha256, prefix, scopes, created_at, created_by, owner_id)
        values ('ours', 'a', 'ops_', '{}', clock_timestamp(), 'person:1', null),
               ('olives', 'b', 'ops_', '{}', clock_timestamp(), 'person:1', 1);
    insert into session (token_sha256, person_id, created_at, last_seen_at, expires_at, user_agent, address)
        select sha256(name::bytea), id, clock_timestamp(), clock_timestamp(),
               clock_timestamp() + interval '1 day', 'Firefox', '::1'
        from person where id < 3;
    insert into alert (source_id, incident_id, dedup_key, group_key, summary, origin, severity,
                       custom_details, links, status, count, first_occurred_at, last_occurred_at)
        values (1, 1, 'd', 'g', 's', 'o', 'critical', '{}', '[]', 'triggered', 1, clock_timestamp(),
                clock_timestamp());
    insert into alert (source_id, incident_id, silence_id, dedup_key, group_key, summary, origin, severity,
                       custom_details, links, status, count, first_occurred_at, last_occurred_at)
        values (1, 1, 1, 'e', 'g', 's', 'o', 'critical', '{}', '[]', 'suppressed', 1, clock_timestamp(),
                clock_timestamp());
    update incident set commander_id = 2 where id = 1;
    update page set trouble = 'unconfirmed' where wanted = 'trigger';
    update escalation_step set person_id = 1 where incident_id = 1 and step = 1;
    insert into incident (title, severity, severity_source, status, generation, version, policy_version_id,
                          triggered_at, last_seq, last_hash, merged_into_id)
        select title, severity, severity_source, 'merged', 1, 1, policy_version_id, triggered_at, 0,
               last_hash, 1
        from incident where id = 3;
    update person set second_factor_since = clock_timestamp() where id = 4;
    insert into readiness_check (name, passed, detail, remedy, checked_at)
        values ('pagerduty', true, '', '', clock_timestamp());
    insert into checklist_item (incident_id, generation, key, evidence) values (1, 1, 'timeline', '{}');
    insert into checklist_waiver (item_id, role, person_id, signed_at, reason)
        values (1, 'commander', 2, clock_timestamp(), 'A drill');
    insert into followup (incident_id, marker, requested_at, requested_by, in_project, attempts)
        values (1, 'm', clock_timestamp(), 'Olive', false, 0);
    insert into trend_standing (stream, minute, about, state, severity, held, incident_id, evidence)
        values ('checkout', clock_timestamp(), 'monetisation', 'drop', 'S1', 'S1', 1, '{"finding": "f"}');
    insert into obligation_waiver (obligation_id, role, person_id, signed_at, reason)
        select id, 'commander', 2, clock_timestamp(), 'A drill' from obligation
        where incident_id = 1 and kind = 'first_public_update';
    insert into subscriber (audience, email, name, added_at, added_by)
        values ('community', 'a@example.org', 'A', clock_timestamp(), 'Ada');
    insert into status_update (incident_id, generation, seq, audience, public_status, subject, body, given,
                               template_path, template_sha256, edited, written_at, written_by, author_id,
                               needs_approval, approved_at, approved_by, approver_id, sent_at)
        values (1, 1, 1, 'community', 'investigating', 's', 'b', '{}', 'p', 'h', false, clock_timestamp(),
                'Olive', 1, true, null, null, null, null),
               (1, 1, 2, 'community', 'investigating', 's', 'b', '{}', 'p', 'h', false, clock_timestamp(),
                'Olive', 1, true, clock_timestamp(), 'Ivan', 2, clock_timestamp());
    insert into notice (incident_id, purpose, status_update_id, channel, recipient, state, queued_at,
                        attempts)
        values (1, 'update', 2, 'mail', 'a@example.org', 'failed', clock_timestamp(), 1);
    insert into rota (role, members, weekday, at, zone, set_at, set_by)
        values ('operator', '{1}', 'monday', '09:00', 'UTC', clock_timestamp(), 'Ada');
    insert into on_call_cover (role, person_id, begins_at, ends_at, made_at, made_by, attempts)
        values ('operator', 1, clock_timestamp(), clock_timestamp() + interval '1 day', clock_timestamp(),
                'Ivan', 0);
    insert into on_call_shift (role, source, person_id, begins_at, ends_at, planned_at)
        values ('operator', 'rota', 1, clock_timestamp(), clock_timestamp() + interval '1 day',
                clock_timestamp());
    insert into on_call_calendar (person_id, everybody, token_sha256, made_at)
        values (1, false, 'a', clock_timestamp()), (2, false, 'b', clock_timestamp());
"""


class Crowd(dict[str, Actor]):
    """Everybody by name, in one house."""

    def __init__(self, house: House, everybody: dict[str, Actor]) -> None:
        super().__init__(everybody)
        self.house = house

    async def change(self, statements: str) -> None:
        """Change the database by hand."""
        async with self.house.database.engine.begin() as connection:
            for statement in filter(str.strip, statements.split(";")):
                await connection.exec_driver_sql(statement)


@asynccontextmanager
async def gathered(database_url: str) -> AsyncIterator[Crowd]:
    """Build a house with all of them in it."""
    async with built(database_url) as house:
        known = {Role.OPERATOR: house.olive, Role.COMMANDER: house.ivan, Role.POLICY_OWNER: house.paula}
        people = {
            role.value: known.get(role) or await person(house.database, role.value.title(), role)
            for role in Role
        }
        tokens = {f"token {scope}": _token({scope}) for scope in Scope if scope not in PERSONAL}
        crowd = Crowd(
            house,
            {
                "nobody": NOBODY,
                "no role": house.nora,
                "token of acme": _token(READS, integration="acme"),
                **people,
                **tokens,
            },
        )
        await crowd.change(INSERTS)
        yield crowd


def _token(scopes: set[Scope] | frozenset[Scope], integration: str | None = None) -> Actor:
    return Actor("token", 1, "a token", frozenset(scopes), integration=integration)
