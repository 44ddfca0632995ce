"""The person in front of the screen: who acts, and what a page needs to greet them."""

from __future__ import annotations

from dataclasses import dataclass

from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person with a live session. `time_zone` is None until they chose one."""

    actor: Actor
    email: str
    time_zone: str | None
    session_id: int
    has_second_factor: bool = False

    @property
    def person_id(self) -> int:
        """The person's id."""
        assert self.actor.id is not None  # noqa: S101 - made by a session alone, which has a person
        return self.actor.id

    @property
    def name(self) -> str:
        """The person's name."""
        return self.actor.name
