from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.incidents import rules
from app.incidents.words import AlertScope, AlertSeverity, Severity, Signal

SCOPES = [AlertScope.PLATFORM, AlertScope.MONETISATION, AlertScope.FEATURE]
BY_HARM = list(AlertSeverity)


def test_the_matrix_is_the_handbooks_table() -> None:
    table = {
        alert: [rules.MATRIX[alert][scope].value for scope in [*SCOPES, None]] for alert in AlertSeverity
    }

    assert table == {
        "critical": ["S0", "S1", "S2", "S1"],
        "error": ["S1", "S1", "S2", "S2"],
        "warning": ["S2", "S2", "S3", "S3"],
        "info": ["S3", "S3", "S3", "S3"],
    }


@given(st.sampled_from(range(3)), st.sampled_from([*SCOPES, None]))
def test_a_worse_alert_never_gives_a_lower_severity(place: int, scope: AlertScope | None) -> None:
    worse, milder = BY_HARM[place], BY_HARM[place + 1]

    assert rules.MATRIX[worse][scope].rank <= rules.MATRIX[milder][scope].rank


@given(st.sampled_from(AlertSeverity), st.sampled_from(range(2)))
def test_a_wider_scope_never_gives_a_lower_severity(alert: AlertSeverity, place: int) -> None:
    wider, narrower = SCOPES[place], SCOPES[place + 1]

    assert rules.MATRIX[alert][wider].rank <= rules.MATRIX[alert][narrower].rank


@given(st.dictionaries(st.text(), st.text()), st.sampled_from(AlertSeverity))
def test_any_labels_give_a_severity_with_a_reason(labels: dict[str, str], alert: AlertSeverity) -> None:
    verdict = rules.classify(alert, labels)

    assert verdict.severity in Severity
    assert verdict.reason


@pytest.mark.parametrize("label", ["S0", "s0"])
def test_an_alert_may_name_its_severity_itself(label: str) -> None:
    assert rules.classify(AlertSeverity.INFO, {"severity": label}).severity is Severity.S0


def test_an_alert_that_does_not_say_how_bad_it_is_is_an_error() -> None:
    assert rules.severity_of({}) is AlertSeverity.ERROR


def test_the_area_is_taken_where_no_scope_is_named() -> None:
    assert rules.scope_of({"area": "Billing"}) is AlertScope.MONETISATION


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 15), (6, 30), (7, 30), (500, 30)]
)
def test_a_page_is_tried_again_ever_more_slowly(attempts: int, seconds: int) -> None:
    assert rules.retry_delay(attempts, jitter=0).total_seconds() == seconds
    assert rules.retry_delay(attempts, jitter=1).total_seconds() == pytest.approx(1.2 * seconds)
    assert rules.retry_delay(attempts, jitter=-1).total_seconds() == pytest.approx(0.8 * seconds)


def test_what_is_told_includes_what_comes_before() -> None:
    assert rules.is_behind(Signal.TRIGGER, None)
    assert rules.is_behind(Signal.RESOLVE, Signal.ACKNOWLEDGE)
    assert not rules.is_behind(Signal.ACKNOWLEDGE, Signal.RESOLVE)
    assert not rules.is_behind(Signal.RESOLVE, Signal.RESOLVE)
