from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from api.schema import core
from app.errors import InvalidInput
from app.security.permissions import Actor
from tests.graphql.conftest import House

pytestmark = pytest.mark.anyio

ROOT = core().mutation_type
MUTATIONS = sorted(ROOT.fields) if ROOT else []

STEPS = "steps: [{role: OPERATOR, delaySeconds: 0}, {role: INCIDENT_COMMANDER, delaySeconds: 180}]"
# What each mutation is given, in a database where incident 1 is acknowledged, and what it records.
GIVEN: dict[str, tuple[str, str]] = {
    "acknowledgeIncident": ("number: 3", "incident.acknowledge"),
    "addPerson": ('email: "new@example.com", name: "New", roles: ["viewer"]', "person.add"),
    "addSubscribers": ('audience: ENTERPRISE, list: "cto@example.com, Acme"', "subscriber.add"),
    "approveStatusUpdate": ('statusUpdateId: "update_1"', "incident.approve_status_update"),
    "assignRole": ('number: 1, role: SCRIBE, personId: "person_3"', "incident.assign_role"),
    "cancelCover": ('coverId: "cover_1"', "on_call.cancel_cover"),
    "cancelIncident": ('number: 3, reason: "A drill"', "incident.cancel"),
    "changeHeartbeat": (
        'sourceId: "source_1", everySeconds: 300, graceSeconds: 60, severity: "warning"',
        "source.change_heartbeat",
    ),
    "changeRoles": ('personId: "person_4", roles: ["viewer"]', "person.change_roles"),
    "changeSeverity": ('number: 2, severity: S1, reason: "Worse"', "incident.change_severity"),
    "chooseEscalationPolicy": ('sourceId: "source_1", policyId: "policy_1"', "policy.choose"),
    "closeIncident": ("number: 2", "incident.close"),
    "completeChecklistItem": (
        'number: 2, key: "playbooks", reason: "None is about it"',
        "incident.record_playbooks",
    ),
    "changeStream": ('stream: "checkout", kind: FAILURE, threshold: 20, reason: "Handbook"', "stream.change"),
    "createEscalationPolicy": (f'name: "Nights", {STEPS}', "policy.add"),
    "coverOnCall": (
        'role: OPERATOR, personId: "person_1", endsAt: "2100-01-01T00:00Z", beginsAt: "2099-12-31T00:00Z"',
        "on_call.cover",
    ),
    "createSignInLink": ('email: "olive@example.com"', "sign_in_link.create"),
    "createSilence": (
        'matchers: ["class = checkout"], reason: "A drill", minutes: 60',
        "silence.create",
    ),
    "createSource": ('name: "prometheus", format: "alertmanager"', "source.add"),
    "createToken": ('name: "ci", scopes: ["incidents:read"]', "token.create"),
    "deactivatePerson": ('personId: "person_4"', "person.deactivate"),
    "declareIncident": ('title: "Payments fail", severity: S1', "incident.declare"),
    "endSilence": ('silenceId: "silence_1"', "silence.end"),
    "declareMapping": (
        'sourceId: "source_1", mapping: {summary: "name", dedup_key: "name"},'
        ' example: "{\\"name\\": \\"a\\"}"',
        "source.map",
    ),
    "endSession": ('sessionId: "session_1"', "session.end"),
    "endSessions": ('personId: "person_4"', "session.end_all"),
    "escalateIncident": ("number: 3", "incident.escalate"),
    "fileRetrospective": ("number: 2", "incident.file_retrospective"),
    "mergeIncidents": ("into: {number: 1}, incidents: [{number: 2}]", "incident.merge"),
    "mitigateIncident": ("number: 1", "incident.mitigate"),
    "postNote": ('number: 1, text: "Restarted"', "incident.note"),
    "postStatusUpdate": (
        'number: 2, audience: COMMUNITY, publicStatus: INVESTIGATING, affected: ["payments"],'
        ' summary: "They fail."',
        "incident.post_status_update",
    ),
    "renewCalendar": ("everybody: true", "on_call.renew_calendar"),
    "revokeCalendar": ('calendarId: "calendar_1"', "on_call.revoke_calendar"),
    "removeSubscriber": ('subscriberId: "subscriber_1"', "subscriber.remove"),
    "reopenIncident": ('number: 2, reason: "It is back"', "incident.reopen"),
    "replayDeliveries": ('ids: ["delivery_1"]', "delivery.replay"),
    "resetSecondFactor": ('personId: "person_4"', "second_factor.reset"),
    "resendStatusDelivery": ('deliveryId: "notice_1"', "incident.resend"),
    "resolveIncident": ("number: 1", "incident.resolve"),
    "retireEscalationPolicy": ('policyId: "policy_2"', "policy.retire"),
    "reviseEscalationPolicy": (f'policyId: "policy_1", {STEPS}, reason: "Nights"', "policy.revise"),
    "revokeSource": ('sourceId: "source_1"', "source.revoke"),
    "revokeToken": ('tokenId: "token_1"', "token.revoke"),
    "sendBackStatusUpdate": ('statusUpdateId: "update_1"', "incident.send_back_status_update"),
    "setSlackId": ('personId: "person_4", slackId: "U0NORA"', "person.set_slack_id"),
    "setRota": (
        'role: OPERATOR, memberIds: ["person_1"], handoverDay: MONDAY, handoverTime: "09:00",'
        ' timeZone: "UTC"',
        "on_call.set_rota",
    ),
    "setTimeZone": ('timeZone: "Europe/Berlin"', "person.set_time_zone"),
    "waiveChecklistItem": ('number: 2, key: "retrospective", reason: "GitHub is away"', "incident.waive"),
    "waiveObligation": (
        'number: 1, kind: "first_public_update", reason: "A drill"',
        "incident.waive_obligation",
    ),
}
OVER = """with over as (update incident set status = 'resolved', resolved_at = clock_timestamp() where id = 2
        returning id)
    insert into checklist_item (incident_id, generation, key, done_at, evidence)
        select id, 1, key, {done_at}, '{{}}' from over, unnest(array['timeline', 'revenue_proof',
        'retrospective', 'playbooks']) as key"""
WAITING = """insert into status_update (incident_id, generation, seq, audience, public_status, subject, body,
        given, template_path, template_sha256, edited, written_at, written_by, author_id, needs_approval)
    values (1, 1, 1, 'community', 'investigating', 's', 'b', '{}', 'p', 'h', false, clock_timestamp(),
            'Olive', 1, true)"""
SENDER = """insert into alert_source (name, format, key_sha256, created_at, created_by)
    values ('prometheus', 'alertmanager', 'k', clock_timestamp(), 'person:1')"""
BEFORE = {
    "closeIncident": OVER.format(done_at="clock_timestamp()"),
    "completeChecklistItem": OVER.format(done_at="null"),
    "fileRetrospective": OVER.format(done_at="null"),
    "waiveChecklistItem": OVER.format(done_at="null"),
    "changeStream": "insert into activity_stream (name, first_at) values ('checkout', clock_timestamp())",
    "approveStatusUpdate": WAITING,
    "cancelCover": """insert into on_call_cover (role, person_id, begins_at, ends_at, made_at, made_by,
        attempts)
        values ('operator', 1, clock_timestamp(), '2100-01-01', clock_timestamp(), 'Ivan', 0)""",
    "revokeCalendar": """insert into on_call_calendar (person_id, everybody, token_sha256, made_at)
        values (5, false, 'a', clock_timestamp())""",
    "removeSubscriber": """insert into subscriber (audience, email, name, added_at, added_by)
        values ('community', 'a@example.org', 'A', clock_timestamp(), 'Ada')""",
    "resendStatusDelivery": f"""with message as ({WAITING} returning id)
        insert into notice (incident_id, purpose, status_update_id, channel, recipient, state, queued_at,
                            attempts)
        select 1, 'update', id, 'mail', 'a@example.org', 'failed', clock_timestamp(), 1 from message""",
    "sendBackStatusUpdate": WAITING,
    "replayDeliveries": """with made as (insert into alert_source (name, format, key_sha256, created_at,
        created_by) values ('shop', 'json', 'k', clock_timestamp(), 'person:1') returning id)
        insert into failed_delivery (source_id, digest, content_type, headers, body, excerpt, error, times,
                                     received_at)
        select id, 'd', '', '[]', '{"dedup_key": "a", "summary": "b"}', 'b', 'e', 1, clock_timestamp()
        from made""",
    "endSilence": """insert into silence (matchers, starts_at, ends_at, reason, includes_s0, created_at,
        created_by) values ('{a = b}', clock_timestamp(), clock_timestamp() + interval '1 day', 'A drill',
        false, clock_timestamp(), 'Olive')""",
    "changeHeartbeat": """with made as (insert into alert_source (name, format, key_sha256, created_at,
        created_by) values ('cron', 'heartbeat', 'k', clock_timestamp(), 'person:1') returning id)
        insert into heartbeat (source_id, every_seconds, grace_seconds, severity)
        select id, 60, 30, 'error' from made""",
    "declareMapping": """insert into alert_source (name, format, key_sha256, created_at, created_by)
        values ('shop', 'json', 'k', clock_timestamp(), 'person:1')""",
    "endSession": """insert into session (token_sha256, person_id, created_at, last_seen_at, expires_at,
        user_agent, address) values ('k', 5, clock_timestamp(), clock_timestamp(),
        clock_timestamp() + interval '1 day', 'Firefox', '::1')""",
    "reopenIncident": "update incident set status = 'resolved', resolved_at = clock_timestamp() where id = 2",
    "resetSecondFactor": "update person set second_factor_since = clock_timestamp() where id = 4",
    "chooseEscalationPolicy": SENDER,
    "retireEscalationPolicy": """with policy as (insert into escalation_policy (name) values ('Nights')
        returning id) insert into escalation_policy_version (policy_id, version, steps, created_at,
        created_by) select id, 1, '[]', clock_timestamp(), 'Ada' from policy""",
    "revokeSource": SENDER,
    "revokeToken": """insert into api_token (name, token_sha256, prefix, scopes, created_at, created_by)
        values ('t', 'k', 'ops_', '{}', clock_timestamp(), 'person:1')""",
}


TRAIL = "select action from audit_event where actor = $1"


async def transaction(house: House) -> int:
    """The number of a transaction that writes, of its own."""
    async with house.database.engine.begin() as connection:
        return int(await connection.scalar(text("select pg_current_xact_id()::text")) or 0)


async def wrote_since(house: House, before: int) -> set[int]:
    """The transactions whose rows are in this database's tables, of those after another."""
    async with house.database.engine.begin() as connection:
        tables = await connection.scalars(text("select tablename from pg_tables where schemaname = 'public'"))
        each = [f"select xmin::text::bigint from {table}" for table in tables]
        found = await connection.scalars(text(" union ".join(each)))
        return {number for number in found if number > before}


async def command(house: House, name: str, actor: Actor | None = None, given: str | None = None) -> Any:
    call = f"{name}(input: {{{given or GIVEN[name][0]}}})"
    document = f"mutation {{ {call} {{ userErrors {{ code message path }} }} }}"
    answer = await house.ask(document, actor or house.ada)
    return answer[name]["userErrors"]


@pytest.mark.parametrize("name", MUTATIONS)
async def test_every_mutation_is_in_the_audit_trail_in_its_own_transaction(house: House, name: str) -> None:
    if name in BEFORE:
        async with house.database.engine.begin() as connection:
            await connection.exec_driver_sql(BEFORE[name])
    before = await transaction(house)

    errors = await command(house, name)

    assert errors == []
    assert len(await wrote_since(house, before)) == 1
    assert [row["action"] for row in await house.rows(TRAIL, house.ada.reference)] == [GIVEN[name][1]]


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_refused_mutation_changes_nothing_and_says_why(house: House, name: str) -> None:
    before = await house.rows("select count(*) as n from audit_event")

    errors = await command(house, name, house.stranger)

    assert [error["code"] for error in errors] != []
    assert await house.rows("select count(*) as n from audit_event") == before


async def test_a_payload_shows_the_incident_as_it_stands_after_the_command(house: House) -> None:
    answer = await house.ask(
        """mutation($n: Int!) {
            first: acknowledgeIncident(input: {number: $n}) {
                incident { status commander { name } timeline(last: 1) { nodes { kind actor } } }
            }
            second: resolveIncident(input: {number: $n}) { it: incident { __typename s: status } }
        }""",
        house.ivan,
        n=2,
    )

    assert answer["first"]["incident"]["status"] == "ACKNOWLEDGED"
    assert answer["first"]["incident"]["timeline"]["nodes"][0]["actor"] == "Ivan"
    assert answer["second"] == {"it": {"__typename": "Incident", "s": "RESOLVED"}}


async def test_who_acknowledges_second_is_told_who_was_first(house: House) -> None:
    answer = await house.ask(
        """mutation { acknowledgeIncident(input: {number: 1}) {
            incident { acknowledgedBy } userErrors { code message } } }""",
        house.olive,
    )

    [error] = answer["acknowledgeIncident"]["userErrors"]
    assert (error["code"], error["message"][:15]) == ("CONFLICT", "Ivan was faster")
    assert answer["acknowledgeIncident"]["incident"] == {"acknowledgedBy": "Ivan"}


async def test_a_stale_version_is_a_user_error_beside_the_present_state(house: House) -> None:
    answer = await house.ask(
        """mutation { escalateIncident(input: {number: 3, expectedVersion: 999}) {
            incident { number status } userErrors { code path } } }"""
    )

    assert answer["escalateIncident"]["incident"] == {"number": 3, "status": "TRIGGERED"}
    assert answer["escalateIncident"]["userErrors"][0]["code"] == "STALE_VERSION"


async def test_a_wrong_page_of_a_payload_stops_the_command(house: House) -> None:
    payload = "incident { timeline(first: -1) { nodes { id } } }"

    with pytest.raises(InvalidInput, match="first"):
        await house.ask(f'mutation {{ postNote(input: {{number: 1, text: "x"}}) {{ {payload} }} }}')

    assert await house.rows("select 1 from incident_event where text = 'x'") == []


@pytest.mark.parametrize(
    ("name", "given", "path"),
    [
        ("declareIncident", 'title: " ", severity: S1', ["input", "title"]),
        ("postNote", 'number: 1, text: ""', ["input", "text"]),
        ("assignRole", 'number: 1, role: SCRIBE, personId: "incident_1"', ["input", "personId"]),
        ("assignRole", 'number: 1, role: SCRIBE, personId: "person_99"', ["input", "personId"]),
        ("addPerson", 'email: "no", name: "N", roles: []', ["input", "email"]),
        ("addSubscribers", 'audience: COMMUNITY, list: "nobody"', ["input", "list"]),
    ],
)
async def test_a_wrong_field_is_named(house: House, name: str, given: str, path: list[str]) -> None:
    errors = await command(house, name, given=given)

    assert [error["path"] for error in errors] == [path]


async def test_a_variable_may_be_a_list_of_ids(house: House) -> None:
    turns = 'role: OPERATOR, handoverDay: FRIDAY, handoverTime: "17:30", timeZone: "UTC", memberIds: $m'
    fields = "rota { members { name } handoverDay handoverTime } userErrors { message }"

    answer = await house.ask(
        f"mutation($m: [ID!]!) {{ setRota(input: {{{turns}}}) {{ {fields} }} }}",
        house.ada,
        m=["person_5", "person_1"],
    )

    rota = {"members": [{"name": "Ada"}, {"name": "Olive"}], "handoverDay": "FRIDAY", "handoverTime": "17:30"}
    assert answer["setRota"] == {"rota": rota, "userErrors": []}


async def test_pages_leave_the_console_as_the_way_it_came(house: House) -> None:
    from api.execute import execute

    await execute(house.context(house.olive), "acknowledge_incident", {"number": 3})

    trail = await house.rows("select changes from audit_event where actor = $1", house.olive.reference)
    assert '"via": "console"' in trail[-1]["changes"]
