"""Keep the post-incident checklist, and let nobody close an incident past it: not even by SQL."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEYS = ("timeline", "revenue_proof", "retrospective", "playbooks")

# What has to be done is decided by the severity: all four, but of S3 the timeline alone.
GATE = """
create function demand_checklist() returns trigger language plpgsql as $$
declare
    open_items text;
begin
    select string_agg(demanded.key, ', ') into open_items
    from unnest(array['timeline', 'revenue_proof', 'retrospective', 'playbooks']) as demanded (key)
    where (new.severity <> 'S3' or demanded.key = 'timeline')
      and not exists (
          select from checklist_item as item
          where item.incident_id = new.id and item.generation = new.generation and item.key = demanded.key
            and (item.done_at is not null
                 or 2 = (select count(*) from checklist_waiver as waiver where waiver.item_id = item.id)));
    if open_items is not null then
        raise exception 'OPS-% cannot be closed: its checklist lacks %', new.id, open_items
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$
"""
GUARDED = """
create trigger demand_checklist before update on incident for each row
    when (new.status = 'closed' and old.status <> 'closed') execute function demand_checklist()
"""
APPEND_ONLY = """
create trigger append_only before update or delete or truncate on checklist_waiver
    for each statement execute function refuse_change()
"""

# Incidents that were over before there was a checklist get theirs, too.
BACKFILL = """
insert into checklist_item (incident_id, generation, key, evidence)
select incident.id, incident.generation, demanded.key, '{}'
from incident cross join unnest(array['timeline', 'revenue_proof', 'retrospective', 'playbooks']) as demanded (key)
where incident.status = 'resolved'
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "checklist_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column(
            "key", sa.Enum(*KEYS, name="key", native_enum=False, create_constraint=True), nullable=False
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence_url", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_checklist_item_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_item")),
        sa.UniqueConstraint(
            "incident_id", "generation", "key", name=op.f("uq_checklist_item_incident_id_generation_key")
        ),
    )
    op.create_table(
        "checklist_waiver",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("commander", "policy_owner", name="role", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["checklist_item.id"], name=op.f("fk_checklist_waiver_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_checklist_waiver_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_waiver")),
        sa.UniqueConstraint("item_id", "person_id", name=op.f("uq_checklist_waiver_item_id_person_id")),
        sa.UniqueConstraint("item_id", "role", name=op.f("uq_checklist_waiver_item_id_role")),
    )
    op.create_table(
        "followup",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("external_url", sa.Text(), nullable=True),
        sa.Column("external_number", sa.BigInteger(), nullable=True),
        sa.Column("external_state", sa.Text(), nullable=True),
        sa.Column("in_project", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_followup_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followup")),
        sa.UniqueConstraint("incident_id", name=op.f("uq_followup_incident_id")),
        sa.UniqueConstraint("marker", name=op.f("uq_followup_marker")),
    )
    op.create_index(op.f("ix_followup_due_at"), "followup", ["due_at"])
    for statement in (GATE, GUARDED, APPEND_ONLY, BACKFILL):
        op.execute(statement)
