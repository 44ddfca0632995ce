from __future__ import annotations

import statistics
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from app.demo.history import writing
from app.demo.history.ledger import Policy, Row
from app.demo.people import CAST, SOURCES
from app.incidents import loop_in, rules, timeline
from app.incidents.words import AlertSeverity, IncidentRole, IncidentStatus, PageStatus, Severity

END = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
POLICY = Policy(
    1, ((IncidentRole.OPERATOR, timedelta()), (IncidentRole.INCIDENT_COMMANDER, timedelta(minutes=5)))
)
KEYS = {source.name: "key" for source in SOURCES}
SEVERE = {"S0", "S1"}
Tables = dict[str, list[Row]]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return dict(writing.write(END, POLICY, KEYS))


def of(tables: Tables, name: str, number: int) -> list[Row]:
    return [row for row in tables[name] if row["incident_id"] == number]


def without_tokens(tables: Tables) -> Tables:
    audited = [row for row in tables["audit_event"] if row["action"] != "token.create"]
    return {name: rows for name, rows in tables.items() if name != "api_token"} | {"audit_event": audited}


def test_the_same_end_gives_the_same_history(tables: Tables) -> None:
    again = dict(writing.write(END, POLICY, KEYS))

    assert without_tokens(again) == without_tokens(tables)


@pytest.mark.parametrize("days", [1, 4, 30, 200])
def test_another_end_gives_a_history_that_ends_then(days: int) -> None:
    end = END + timedelta(days=days, hours=7)

    tables = writing.write(end, POLICY, KEYS)

    last = max(row["recorded_at"] for row in tables["incident_event"])
    assert end - timedelta(hours=4) < last < end
    assert len(tables["incident"]) == sum(writing.COUNTS.values())


def test_severe_incidents_are_rare_and_small_ones_are_not(tables: Tables) -> None:
    counts = Counter(row["severity"] for row in tables["incident"])

    assert counts["S0"] < counts["S1"] < counts["S2"] < counts["S3"]
    assert 60 <= counts.total() <= 120
    assert 18_000 < len(tables["activity_event"]) < 22_000


def test_everything_is_over_but_one_small_incident_that_somebody_has_taken_on(tables: Tables) -> None:
    over = (IncidentStatus.RESOLVED, IncidentStatus.CLOSED)
    going_on = [row for row in tables["incident"] if row["status"] not in over]

    assert [(row["severity"], row["status"]) for row in going_on] == [("S3", "acknowledged")]
    assert going_on[0]["id"] == writing.LAST_NUMBER


def test_small_ones_are_closed_and_the_others_still_owe_their_proof(tables: Tables) -> None:
    closed = [row for row in tables["incident"] if row["status"] == IncidentStatus.CLOSED]

    assert len(closed) > 30
    assert {row["severity"] for row in closed} == {"S3"}
    assert any(row["done_at"] for row in tables["checklist_item"] if row["incident_id"] not in closed)


def test_one_incident_fired_again_after_it_was_over(tables: Tables) -> None:
    reopened = [row["incident_id"] for row in tables["incident_event"] if row["kind"] == "reopened"]

    assert len(reopened) == 1
    generations = {page["generation"] for page in of(tables, "page", reopened[0])}
    assert generations == {1, 2}


def test_every_timeline_is_numbered_without_a_gap_and_its_chain_verifies(tables: Tables) -> None:
    for incident in tables["incident"]:
        entries = of(tables, "incident_event", incident["id"])
        previous = timeline.GENESIS
        for seq, entry in enumerate(entries, start=1):
            content = {k: v for k, v in entry.items() if k not in ("previous_hash", "hash")}
            assert (entry["seq"], entry["previous_hash"]) == (seq, previous)
            previous = timeline.link(previous, content)
            assert entry["hash"] == previous
        assert (incident["last_seq"], incident["last_hash"]) == (len(entries), previous)


def test_no_entry_is_recorded_before_an_earlier_one_nor_after_the_end(tables: Tables) -> None:
    for incident in tables["incident"]:
        recorded = [entry["recorded_at"] for entry in of(tables, "incident_event", incident["id"])]

        assert all(earlier <= later for earlier, later in pairwise(recorded))
        assert incident["triggered_at"] == recorded[0]
        assert recorded[-1] < END


def test_nothing_is_answered_or_over_before_it_began(tables: Tables) -> None:
    for incident in tables["incident"]:
        moments = [incident[name] for name in ("acknowledged_at", "mitigated_at", "resolved_at")]

        reached = [moment for moment in moments if moment is not None]
        assert reached == sorted(reached)
        assert all(moment > incident["triggered_at"] for moment in reached)


def test_the_commander_was_due_five_minutes_after_each_beginning(tables: Tables) -> None:
    begun = [e for e in tables["incident_event"] if e["kind"] in ("triggered", "reopened")]
    due = [
        s
        for s in tables["escalation_step"]
        if s["role"] == IncidentRole.INCIDENT_COMMANDER and not s["repeat"]
    ]

    expected = {(e["incident_id"], e["recorded_at"] + rules.ACKNOWLEDGE_WITHIN) for e in begun}
    assert {(step["incident_id"], step["due_at"]) for step in due} == expected


def test_the_commander_was_paged_when_and_only_when_nobody_answered_in_time(tables: Tables) -> None:
    for step in tables["escalation_step"]:
        answers = [
            entry["recorded_at"]
            for entry in of(tables, "incident_event", step["incident_id"])
            if entry["kind"] == "acknowledged" and entry["recorded_at"] <= step["due_at"]
        ]
        paged = step["fired_at"] is not None

        assert paged != (step["cancelled_at"] is not None)
        assert paged or answers
        assert not paged or step["fired_at"] >= step["due_at"]


def test_some_incidents_went_to_the_commander_but_most_did_not(tables: Tables) -> None:
    fired = [s for s in tables["escalation_step"] if s["step"] == 2 and s["fired_at"] is not None]

    assert 3 <= len(fired) <= 0.25 * len(tables["incident"])


def test_answers_take_about_a_minute_or_two(tables: Tables) -> None:
    waits = [
        (row["acknowledged_at"] - row["triggered_at"]).total_seconds()
        for row in tables["incident"]
        if row["generation"] == 1
    ]

    assert 40 < statistics.median(waits) < 180
    assert max(waits) < 1200


def test_the_policy_owner_was_paged_once_for_what_was_ever_severe(tables: Tables) -> None:
    severe = {d["incident_id"] for d in tables["severity_decision"] if d["to_severity"] in SEVERE}
    paged = Counter(p["incident_id"] for p in tables["page"] if p["role"] == IncidentRole.POLICY_OWNER)

    assert paged == dict.fromkeys(severe, 1)
    loop_ins = [row for row in tables["obligation"] if row["kind"] == loop_in.KIND]
    owed = {row["incident_id"]: row["met_by"] for row in loop_ins}
    assert owed == dict.fromkeys(severe, "Priya Raman")


def test_the_community_was_told_of_what_was_severe_until_it_was_over(tables: Tables) -> None:
    severe = {d["incident_id"] for d in tables["severity_decision"] if d["to_severity"] in SEVERE}
    last = {row["incident_id"]: row["public_status"] for row in tables["status_update"]}
    approved = {row["approver_id"] for row in tables["status_update"] if row["needs_approval"]}

    assert last == dict.fromkeys(severe, "resolved")
    assert None not in approved
    assert all(row["approver_id"] != row["author_id"] for row in tables["status_update"])
    assert {row["met_at"] is not None for row in tables["obligation"]} == {True}


def test_every_severe_incident_that_was_resolved_had_a_commander(tables: Tables) -> None:
    severe = [row for row in tables["incident"] if row["severity"] in SEVERE]

    assert all(row["commander_id"] for row in severe)


def test_every_page_got_through_and_its_end_was_told(tables: Tables) -> None:
    ended = {row["id"] for row in tables["incident"] if row["resolved_at"]}

    for page in tables["page"]:
        expected = PageStatus.RESOLVED if page["incident_id"] in ended else PageStatus.ACKNOWLEDGED
        assert page["status"] == expected
        assert page["told"] == page["wanted"]
        assert page["queued_at"] < page["accepted_at"] < page["confirmed_at"]


def test_every_decision_of_a_rule_comes_out_the_same_from_its_evidence(tables: Tables) -> None:
    by_rule = [row for row in tables["severity_decision"] if row["evidence"]]

    for decision in by_rule:
        alerts = decision["evidence"]["alerts"]
        again = rules.worst(rules.classify(AlertSeverity(a["severity"]), a["labels"]) for a in alerts)
        assert (again.severity, again.rule, again.reason) == (
            decision["to_severity"],
            decision["rule"],
            decision["reason"],
        )


def test_alerts_were_repeated_until_they_were_over(tables: Tables) -> None:
    assert max(alert["count"] for alert in tables["alert"]) > 10
    for alert in tables["alert"]:
        over = alert["resolved_at"] or END
        assert alert["first_occurred_at"] <= alert["last_occurred_at"] <= over


def test_working_days_are_busier_than_nights_and_weekends(tables: Tables) -> None:
    moments = [row["occurred_at"] for row in tables["activity_event"] if row["stream"] == "sign-ins"]
    by_hour = Counter(moment.hour for moment in moments if moment.weekday() < 5)
    by_day = Counter(moment.weekday() for moment in moments)

    assert by_hour[10] > 4 * by_hour[3]
    assert by_day[1] > 2 * by_day[6]


def test_hardly_anybody_signs_in_while_the_platform_is_away(tables: Tables) -> None:
    worst = next(row for row in tables["incident"] if row["severity"] == Severity.S0)
    away = (worst["triggered_at"], worst["mitigated_at"])
    week = timedelta(days=7)

    def signed_in(since: datetime, until: datetime) -> int:
        seen = [row["occurred_at"] for row in tables["activity_event"] if row["stream"] == "sign-ins"]
        return sum(since <= moment < until for moment in seen)

    usual = signed_in(away[0] + week, away[1] + week) + signed_in(away[0] - week, away[1] - week)
    assert signed_in(*away) <= 0.3 * usual


def test_releases_cause_some_incidents(tables: Tables) -> None:
    began = [row["occurred_at"] for row in tables["activity_event"] if row["kind"] == "deploy.finished"]

    close = [
        row
        for row in tables["incident"]
        if any(timedelta() < row["triggered_at"] - at < timedelta(minutes=26) for at in began)
    ]
    assert len(close) > 0.2 * len(tables["incident"])


def test_everybody_of_the_cast_has_an_account_and_no_secret_is_kept(tables: Tables) -> None:
    assert {row["email"] for row in tables["person"]} == {member.email for member in CAST}
    assert all(row["email"].endswith("@example.com") for row in tables["person"])
    assert all(len(row["token_sha256"]) == 32 for row in tables["api_token"])
