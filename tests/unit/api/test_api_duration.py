"""Durations, to the nanosecond, and the words of custom resources."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.languages.durations import (
    HOUR,
    MINUTE,
    SECOND,
    DurationError,
    format_duration,
    parse_duration,
    parse_long_duration,
)
from tests.unit.api.language_cases import refusal

UNITS = {"ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 10**6, "s": SECOND, "m": MINUTE, "h": HOUR}


@pytest.mark.parametrize(
    ("text", "nanoseconds", "printed"),
    [
        ("0", 0, "0s"),
        ("-0", 0, "0s"),
        ("1h30m", 90 * MINUTE, "1h30m0s"),
        ("+5m1s5m", 601 * SECOND, "10m1s"),
        ("-1.5h", -90 * MINUTE, "-1h30m0s"),
        (".5s", 500 * 10**6, "500ms"),
        ("1.s", SECOND, "1s"),
        ("1500µs", 1_500_000, "1.5ms"),
        ("0.000000001s", 1, "1ns"),
        ("9223372036854775807ns", 2**63 - 1, "2562047h47m16.854775807s"),
        ("-9223372036854775808ns", -(2**63), "-2562047h47m16.854775808s"),
    ],
)
def test_read_and_printed(text: str, nanoseconds: int, printed: str) -> None:
    assert parse_duration(text) == nanoseconds
    assert format_duration(nanoseconds) == printed


@given(st.integers(-(2**63), 2**63 - 1) | st.integers(-(10**11), 10**11))
def test_round_trip(nanoseconds: int) -> None:
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds


@given(
    st.lists(
        st.tuples(st.integers(0, 10**4), st.text("0123456789", max_size=6), st.sampled_from(sorted(UNITS))),
        min_size=1,
        max_size=4,
    )
)
def test_exact(parts: list[tuple[int, str, str]]) -> None:
    """The sum of what is written, each part cut to whole nanoseconds; its fraction goes through floating point."""
    text = "".join(f"{whole}.{fraction}{unit}" for whole, fraction, unit in parts)
    exact = [Fraction(f"{whole}.{fraction or 0}") * UNITS[unit] for whole, fraction, unit in parts]
    assert abs(parse_duration(text) - sum(int(part) for part in exact)) <= len(parts)


@pytest.mark.parametrize(
    ("text", "fault", "message", "mend"),
    [
        ("", "", "an empty text is no duration", "write it as in 1h30m or 500ms"),
        ("30", "", "a duration needs a unit", "write 30s, if seconds are meant"),
        ("PT5M", "PT", "Kubernetes does not read ISO 8601 durations", "write it as in 1h30m or 500ms"),
        ("2d", "d", "'d' is not a unit", "write 48h: there is no unit above the hour"),
        ("5mins", "mins", "'mins' is not a unit", "write 5m"),
        ("1h 30m", " ", "a blank stands in the duration", "remove it"),
        ("1,5h", ",", "a decimal point stands here, not a comma", "write a point"),
        ("1h-5m", "-", "a duration has one sign only, in front", "remove it"),
        (".h", ".", "a decimal point needs digits", "write it as in 1h30m or 500ms"),
        ("300000000h", "300000000h", "the duration is longer than 292 years", "write a shorter one"),
        (
            "9223372036854775808ns",
            "9223372036854775808ns",
            "the duration is longer than 292 years",
            "write a shorter one",
        ),
    ],
)
def test_refusals_point_at_the_fault_and_say_what_was_meant(text: str, fault: str, message: str, mend: str) -> None:
    error = refusal(parse_duration, text)
    assert error is not None
    assert (text[error.start : error.end], str(error), error.mend) == (fault, message, mend)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1h30m", 90 * MINUTE),
        ("2 days", 48 * HOUR),
        ("1 week 3 Minutes", 168 * HOUR + 3 * MINUTE),
        ("5 milliseconds", 5 * 10**6),
        ("7 apples 1 hr", HOUR),  # words that are no units count nothing
    ],
)
def test_long_durations_of_custom_resources(text: str, nanoseconds: int) -> None:
    assert parse_long_duration(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "days", "2 apples", "-2 days", "1.5 days", "2 days and", "x" * 10_000])
def test_what_is_no_long_duration_either(text: str) -> None:
    assert isinstance(refusal(parse_long_duration, text), DurationError)
