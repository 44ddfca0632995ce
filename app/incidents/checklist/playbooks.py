"""The last step: the change of a playbook, or a signed word that none is needed."""

from __future__ import annotations

from urllib.parse import urlsplit

from app import wording
from app.audit import trail
from app.errors import InvalidInput
from app.incidents import locking
from app.incidents.checklist import items
from app.incidents.words import ChecklistKey
from app.security.permissions import Actor, Scope
from app.storage.unit_of_work import UnitOfWork

LONGEST_ADDRESS = 2000


async def record(
    work: UnitOfWork,
    actor: Actor,
    number: int,
    *,
    url: str | None = None,
    reason: str | None = None,
    expected_version: int | None = None,
) -> int:
    """Link the change that was made to a playbook, or sign why none is needed; one of the two.

    Raises: InvalidInput.
    Source: handbook, "update playbooks".
    """
    actor.demand(Scope.INCIDENTS_WRITE, sees=Scope.INCIDENTS_READ)
    address, said = _address(url), _said(reason)
    if (address is None) == (said is None):
        raise InvalidInput("Link the change, or say why none is needed: one of the two.", path=("url",))
    if said is not None:
        actor.demand_person("sign")
    incident = await locking.lock(work, number, expected_version=expected_version)
    item = await items.item_of(work, incident, ChecklistKey.PLAYBOOKS)
    evidence = {"no_change_needed_because": said} if said else {}
    await items.complete(work, incident, item, actor, url=address, **evidence)
    await trail.record(
        work, actor, "incident.record_playbooks", ("incident", number), url=address, reason=said
    )
    return number


def _address(url: str | None) -> str | None:
    if not url or not url.strip():
        return None
    address = wording.written(url, path="url", demand="Write the address.", longest=LONGEST_ADDRESS)
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput("Write the address of the change as in https://git.example/pull/7.", path=("url",))
    return address


def _said(reason: str | None) -> str | None:
    return wording.written(reason, path="reason", demand="Say why.") if reason and reason.strip() else None
