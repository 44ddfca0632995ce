"""Every page that there is, and something to see on each."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.activity import counting
from app.incidents import acknowledgement, heartbeats, resolution, sources
from app.incidents.communication import posting, subscribers
from app.incidents.communication.given import Given, Wanted
from app.incidents.communication.subscribers import Reader
from app.incidents.links import acknowledgement_link
from app.security.permissions import SYSTEM
from app.templates import Audience, PublicStatus
from tests.browser.desk import SOMEBODY, Desk

SECRET_KEY = "k" * 32
QUEUED = "select queued_at from page where incident_id = $1 and step = 1"
SHOWN = "select status = 'confirmed' from page where incident_id = $1 and step = 1"
LOST = "update page set trouble = 'refused', check_at = null where incident_id = $1 and step = 1"
FAILS = """insert into failed_delivery (source_id, digest, content_type, headers, body, excerpt, error, times,
    received_at) values ($1, 'd', '', '[]', '{', '{', 'The body is not valid JSON.', 2, clock_timestamp())"""
INSIDE = (
    "/incidents",
    "/incidents?text=nothing+is+called+so",
    "/incidents?severity=S1&source=-&from=2026-01-01T00:00:00Z",
    "/incidents/metrics",
    "/incidents/metrics?days=7&severity=S1",
    "/incidents/new",
    "/incidents/{waiting}",
    "/incidents/{waiting}?show=people",
    "/incidents/{waiting}/escalation",
    "/incidents/{waiting}/severity",
    "/incidents/{waiting}/roles",
    "/incidents/{waiting}/cancellation",
    "/incidents/merging?number={waiting}",
    "/incidents/merging?number={waiting}&number={answered}",
    "/incidents/{answered}",
    "/incidents/{over}",
    "/incidents/{over}/reopening",
    "/incidents/{over}/checklist/timeline",
    "/incidents/{over}/checklist/playbooks",
    "/incidents/{over}/report",
    "/incidents/{answered}/comms",
    "/incidents/{waiting}/comms",
    "/incidents/{waiting}/comms/new?audience=community",
    "/incidents/{answered}/comms/new?audience=internal",
    "/incidents/{waiting}/obligations/first_public_update/waiver",
    "/on-call",
    "/on-call/operator/cover",
    "/on-call/operator/rota",
    "/on-call/policy_owner/rota",
    "/activity",
    "/activity?stream=incidents",
    "/activity?stream=incidents&kind=incident.note&minute=2030-01-01T00:00Z",
    "/activity/streams/incidents?kind=FAILURE&threshold=3",
    "/admin",
    "/silences",
    "/silences/new",
    "/palette",
    "/palette?q=token",
    "/settings",
    "/settings/second-factor",
    "/settings/sources",
    "/settings/sources/new",
    "/settings/policies",
    "/settings/policies/new",
    "/settings/policies/policy_1",
    "/settings/sources/source_{mapped}",
    "/settings/sources/source_{beating}",
    "/settings/subscribers",
    "/settings/people",
    "/settings/people/new",
    "/settings/people/person_2",
    "/settings/tokens",
    "/settings/tokens/new",
    "/settings/pagerduty",
    "/status",
    "/graphql",
    "/developers",
    "/developers/schema",
)
OUTSIDE = (
    *("/sign-in", "/sign-in/link?key=none", "{link}", "/acknowledge/none", "/nowhere"),
    *("/public", "/public/incidents/{over}", "/unsubscribe/none"),
)


async def furnish(desk: Desk) -> dict[str, object]:
    """Put something on every page; answers what the addresses leave open."""
    waiting, answered, over = [await desk.declare(severity=one) for one in ("S1", "S0", "S2")]
    await desk.note(answered, "The acquirer has confirmed the fault.\nA fix is on its way.")
    async with desk.database.unit_of_work() as work:
        for number in (answered, over):
            await acknowledgement.acknowledge(work, SOMEBODY, number, via="console")
        await resolution.resolve(work, SOMEBODY, over)
        for number in (answered, over):
            told = Wanted(Audience.COMMUNITY, PublicStatus.IDENTIFIED, Given(["payments"], "Some fail."))
            await posting.post(work, SOMEBODY, number, told, base_url=desk.whole.url)
        mapped, _ = await sources.add(work, SYSTEM, name=f"monitor-{waiting}", sends="json")
        beating, key = await sources.add(work, SYSTEM, name=f"backup-{waiting}", sends="heartbeat")
    async with desk.database.unit_of_work() as work:
        await heartbeats.beat(work, key, name=f"backup-{waiting}")
        await subscribers.add(work, SYSTEM, Audience.ENTERPRISE, [Reader("cto@example.com", "Acme")])
    async with desk.database.unit_of_work() as work:
        await counting.fold(work)
    await desk.until(SHOWN, waiting)
    await desk.ask(LOST, waiting)  # the red bar stands on every page
    link = urlsplit(await link_of(desk, waiting)).path
    await desk.ask(FAILS, mapped)
    return {"waiting": waiting, "answered": answered, "over": over, "link": link} | {
        "mapped": mapped,
        "beating": beating,
    }


async def link_of(desk: Desk, number: int) -> str:
    """The signed link that the operator's page carries."""
    queued_at = await desk.ask(QUEUED, number)
    return acknowledgement_link(
        desk.whole.url, SECRET_KEY, number=number, generation=1, step=1, queued_at=queued_at
    )
