"""Tables of people, their sessions and links, and API tokens. Only hashes of anything that opens a door."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.base import Base, Key
from app.storage.outbox import Outgoing


class Person(Base):
    """Somebody who may sign in. Deactivated people stay, since records name them."""

    __tablename__ = "person"
    id: Mapped[Key]
    email: Mapped[str]
    name: Mapped[str]
    roles: Mapped[list[str]]
    password_hash: Mapped[str | None]
    time_zone: Mapped[str | None]
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]
    slack_id: Mapped[str | None] = mapped_column(unique=True)
    second_factor_secret: Mapped[str | None]  # sealed; without `since` it waits for its first code
    second_factor_since: Mapped[datetime | None]
    second_factor_step: Mapped[int | None]  # the last half-minute whose code was used

    __table_args__ = (
        Index("uq_person_email", text("lower(email)"), unique=True),
        CheckConstraint("email like '%_@_%'", "email"),
    )


class Session(Base):
    """One signed-in browser, revocable. Source: OWASP ASVS 5.0, V7."""

    __tablename__ = "session"
    id: Mapped[Key]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user_agent: Mapped[str]
    address: Mapped[str]
    begun_by: Mapped[str] = mapped_column(server_default="unknown")


class HalfSignIn(Base):
    """Somebody has shown the first factor and is asked for the second."""

    __tablename__ = "half_sign_in"
    id: Mapped[Key]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    begun_by: Mapped[str]
    next_path: Mapped[str]
    expires_at: Mapped[datetime]


class RecoveryCode(Base):
    """Gets one person in, once, in place of the code from their app."""

    __tablename__ = "recovery_code"
    id: Mapped[Key]
    code_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInLink(Base):
    """A link that signs one person in, once."""

    __tablename__ = "sign_in_link"
    id: Mapped[Key]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    next_path: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInRequest(Outgoing, Base):
    """Somebody typed an address and asked for a link; a worker mails it, so that all answers are alike."""

    __tablename__ = "sign_in_request"
    email: Mapped[str]
    next_path: Mapped[str]
    requested_at: Mapped[datetime]


class SignInAttempt(Base):
    """One try to get in, counted per account and per address. `subject` holds no e-mail, only its hash."""

    __tablename__ = "sign_in_attempt"
    id: Mapped[Key]
    subject: Mapped[str]
    at: Mapped[datetime]
    succeeded: Mapped[bool]

    __table_args__ = (Index("ix_sign_in_attempt_subject_at", "subject", "at"),)


class ApiToken(Base):
    """A key for scripts and partners, shown once, kept as its hash.

    With an owner it can never do more than its owner can now; without one it belongs to the organisation.
    """

    __tablename__ = "api_token"
    id: Mapped[Key]
    name: Mapped[str]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    prefix: Mapped[str]
    scopes: Mapped[list[str]]
    integration: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id), index=True)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
