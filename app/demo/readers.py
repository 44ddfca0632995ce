"""Who reads what the demo's company writes about incidents: addresses at domains that belong to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.templates import Audience

COMPANIES: Final = (
    *("Acme Retail", "Brightline", "Cobalt Books", "Dune Outdoor", "Elm & Oak", "Fjord Coffee"),
    *("Garnet Games", "Harbour Tickets", "Iris Optics", "Juniper Home", "Kestrel Bikes", "Lumen Lighting"),
)
LISTS: Final = {"forum": "Community forum", "announce": "Announcements list", "developers": "Developers list"}


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader, by their row's id."""

    id: int
    audience: Audience
    email: str
    name: str


def _domain(company: str) -> str:
    return "-".join(word for word in company.lower().split() if word.isalnum()) + ".example"


READERS: Final = (
    *(
        Reader(number, Audience.ENTERPRISE, f"operations@{_domain(company)}", company)
        for number, company in enumerate(COMPANIES, start=1)
    ),
    *(
        Reader(number, Audience.COMMUNITY, f"{name}@community.example", title)
        for number, (name, title) in enumerate(LISTS.items(), start=len(COMPANIES) + 1)
    ),
)
