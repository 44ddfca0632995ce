"""What bodies say, sorted by the group that it is about: the unit in which alerts are applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.incidents import rules
from app.incidents.intake.signals import AlertSignal
from app.incidents.silences import matching
from app.incidents.silences.matching import Active
from app.security.permissions import Actor

GroupKey = tuple[int, str]  # source and group
AlertKey = tuple[int, str]  # source and dedup_key


@dataclass(slots=True)
class News:
    """What is said of one group at one time. `times` is how many bodies say that an alert fires.

    What a silence holds back is `hushed`, with the silence's number.
    """

    source_id: int
    actor: Actor
    group_key: str
    firing: dict[str, AlertSignal] = field(default_factory=dict)
    times: Counter[str] = field(default_factory=Counter)
    quiet: list[AlertSignal] = field(default_factory=list)
    hushed: dict[str, tuple[AlertSignal, int]] = field(default_factory=dict)

    @property
    def group(self) -> GroupKey:
        """The group, whichever source it is of."""
        return self.source_id, self.group_key

    def key(self, signal: AlertSignal) -> AlertKey:
        """An alert, whichever source it is of."""
        return self.source_id, signal.dedup_key

    def join(self, later: News) -> bool:
        """Take in what was said later, if the order does not matter: whether alerts only fire."""
        if self.quiet or later.quiet:
            return False
        for key, signal in later.firing.items():
            self.firing[key] = min(self.firing.get(key, signal), signal, key=_rank)
        self.hushed.update(later.hushed)
        self.times += later.times
        return True


def sort(
    source_id: int, actor: Actor, signals: Iterable[AlertSignal], silences: Sequence[Active] = ()
) -> list[News]:
    """Sort one body's signals by their groups, and set aside what a silence holds back."""
    groups: dict[str, News] = {}
    for signal in sorted(signals, key=lambda signal: signal.dedup_key):
        news = groups.setdefault(signal.group_key, News(source_id, actor, signal.group_key))
        if signal.action != "trigger":
            news.quiet.append(signal)
            continue
        news.times[signal.dedup_key] = 1
        if silence := silence_of(silences, actor.name, signal):
            news.hushed[signal.dedup_key] = signal, silence.id
        else:
            news.firing[signal.dedup_key] = signal
    return list(groups.values())


def rounds(said: Iterable[News]) -> Iterable[Sequence[News]]:
    """Merge what many bodies say of the same group. Each round holds a group at most once."""
    groups: dict[GroupKey, list[News]] = {}
    for news in said:
        so_far = groups.setdefault(news.group, [])
        if not (so_far and so_far[-1].join(news)):
            so_far.append(news)
    for number in range(max(map(len, groups.values()), default=0)):
        yield [so_far[number] for so_far in groups.values() if len(so_far) > number]


def silence_of(silences: Sequence[Active], source: str, signal: AlertSignal) -> Active | None:
    """The first silence that holds an alert of a source back."""
    if not silences:
        return None
    fields = {name: getattr(signal, _ATTRIBUTES.get(name, name)) for name in matching.FIELDS}
    said = matching.facts(source=source, severity=signal.severity.value, labels=signal.labels, fields=fields)
    return next((one for one in silences if one.hushes(said, verdict(signal))), None)


def verdict(signal: AlertSignal) -> rules.Verdict:
    """How bad one alert is."""
    return rules.classify(signal.severity, signal.labels)


def _rank(signal: AlertSignal) -> int:
    return verdict(signal).severity.rank


_ATTRIBUTES = {"class": "class_"}
