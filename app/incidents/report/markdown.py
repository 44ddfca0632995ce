"""A report as Markdown, for a repository, an issue or a mail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.incidents.report.facts import Report

# What would begin a block, a link, emphasis or HTML in the text of a person or a sender.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!@])")


def written(report: Report, *, url: str) -> str:
    """Write the report; `url` is the incident's page."""
    return "\n".join([*_head(report, url), *_body(report), *_foot(report, url)]) + "\n"


def plain(text: str) -> str:
    """Write foreign words so that Markdown takes them for words: on one line, nothing in them markup.

    An `@` is among it, for it would call people at GitHub.
    """
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _head(report: Report, url: str) -> Iterator[str]:
    incident = report.incident
    yield f"# OPS-{incident['number']}: {plain(incident['title'])}"
    yield ""
    yield f"{incident['severity']}, {incident['status']}. [The incident]({url})"
    yield ""
    yield from _table(("moment", "when (UTC)", "who"), _moments(report))


def _moments(report: Report) -> Iterator[Sequence[str]]:
    incident = report.incident
    names = {
        "triggered_at": "Triggered",
        "acknowledged_at": "Acknowledged",
        "mitigated_at": "Mitigated",
        "resolved_at": "Resolved",
        "closed_at": "Closed",
    }
    who = {"acknowledged_at": incident["acknowledged_by"], "resolved_at": report.commander}
    for name, word in names.items():
        if incident[name] is not None:
            yield word, _moment(incident[name]), plain(who.get(name) or "")
    if report.duration is not None:
        yield "Duration", _length(report.duration), ""


def _body(report: Report) -> Iterator[str]:
    yield from _section("Severity", ("when (UTC)", "severity", "why", "by"), _decisions(report))
    yield from _section("People", ("who", "as", "from (UTC)", "until (UTC)"), _people(report))
    yield from _section("Pages", ("whom", "through", "accepted (UTC)", "answered"), _pages(report))
    yield from _section("Obligations", ("what", "due (UTC)", "met"), _obligations(report))
    yield from _section("After the incident", ("step", "state", "evidence"), _checklist(report))
    yield from _section("Alerts", ("alert", "source", "times", "last (UTC)"), _alerts(report))
    yield from _section("Timeline", ("#", "when (UTC)", "what", "who"), _timeline(report))


def _foot(report: Report, url: str) -> Iterator[str]:
    chain = "verified" if report.broken_at is None else f"broken at entry {report.broken_at}"
    yield ""
    yield f"Timeline of {len(report.timeline)} entries, {chain}. Head `{report.head}`. {url}"


def _decisions(report: Report) -> Iterator[Sequence[str]]:
    for one in report.decisions:
        became = f"{one['from']} → {one['to']}" if one["from"] else str(one["to"])
        yield _moment(one["decided_at"]), became, plain(one["reason"]), plain(one["decided_by"])


def _people(report: Report) -> Iterator[Sequence[str]]:
    for one in report.participants:
        yield (
            plain(one["name"]),
            _words(one["role"]),
            _moment(one["assumed_at"]),
            _moment(one["renounced_at"]),
        )


def _pages(report: Report) -> Iterator[Sequence[str]]:
    for one in report.pages:
        answered = (
            f"{plain(one['acknowledged_by'])}, {_moment(one['acknowledged_at'])}"
            if one["acknowledged_by"]
            else _words(one["status"])
        )
        yield _words(one["role"]), one["provider"], _moment(one["accepted_at"]), answered


def _obligations(report: Report) -> Iterator[Sequence[str]]:
    for one in report.obligations:
        met = f"{plain(one['met_by'] or '')}, {_moment(one['met_at'])}" if one["met_at"] else "not met"
        waived = f"waived: {plain(one['waive_reason'] or '')}" if one["waived_by"] else met
        yield _words(one["kind"]), _moment(one["due_at"]), waived


def _checklist(report: Report) -> Iterator[Sequence[str]]:
    for one in report.checklist:
        signed = [f"{plain(who['name'])}: {plain(who['reason'])}" for who in one["waivers"]]
        if one["done"]:
            state = f"done by {plain(one['done_by'])}, {_moment(one['done_at'])}"
        else:
            state = f"left out ({'; '.join(signed)})" if len(signed) > 1 else "open"
        evidence = one["evidence_url"] or "; ".join(
            f"{_words(name)}: {plain(str(value))}" for name, value in one["evidence"].items()
        )
        yield one["title"], state, evidence or " ".join(one["missing"])


def _alerts(report: Report) -> Iterator[Sequence[str]]:
    for one in report.alerts:
        yield plain(one["summary"]), plain(one["source"]), str(one["count"]), _moment(one["last_occurred_at"])


def _timeline(report: Report) -> Iterator[Sequence[str]]:
    for one in report.timeline:
        yield str(one["seq"]), _moment(one["occurred_at"]), plain(one["text"]), plain(one["actor"])


def _section(title: str, heading: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    found = list(rows)
    if found:
        yield from ("", f"## {title}", "")
        yield from _table(heading, found)


def _table(heading: Sequence[str], rows: Any) -> Iterator[str]:
    yield f"| {' | '.join(heading)} |"
    yield f"| {' | '.join('---' for _ in heading)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def _length(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _words(word: str) -> str:
    return word.replace("_", " ")
