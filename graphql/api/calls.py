"""What a resolver is given as its context: the request, its document and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.budget import Balance
from api.context import Context
from api.plan.inputs import Inputs

if TYPE_CHECKING:
    from api.documents import Document


@dataclass(frozen=True, slots=True)
class Call:
    """One running operation."""

    context: Context
    document: Document
    variables: Mapping[str, Any]
    inputs: Inputs
    balance: Balance | None
    via: str = "graphql"

    @property
    def base_url(self) -> str:
        """Where this installation is reached."""
        return self.context.base_url
