from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from app import templates
from app.templates.filters import DEFAULT, FILTERS

DOCUMENT = (Path(__file__).parents[3] / "docs/operations/writing-templates.md").read_text()
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
VALUES = {
    "affected": ["checkout", "payouts"],
    "summary": "Payments fail",
    "timeline": [{"at": NOON, "text": "Paged"}, {"at": NOON, "text": "Answered"}],
    "next_update_at": NOON,
}


def test_the_documented_example_is_a_template(tmp_path: Path) -> None:
    path = tmp_path / "incident-community.md"
    path.write_text(re.findall(r"```markdown\n(.*?)```", DOCUMENT, re.DOTALL)[0])

    template = templates.read(path)

    assert template.subject(VALUES) == "We are looking into a problem with checkout, payouts"
    assert template.render(VALUES) == (
        "## Payments fail\n\n- 12:00 UTC: Paged\n- 12:00 UTC: Answered\n\nWe will write again at 12:00 UTC.\n"
    )


def test_every_filter_is_documented() -> None:
    table = DOCUMENT.split("## Text")[1]

    assert [name for name in (*FILTERS, DEFAULT) if not re.search(rf"[`| ]{name}[`( ]", table)] == []
