"""Percentages and the names of ports."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.languages import percentages, ports
from kverify.api.languages.percentages import PercentError, is_percent, parse_percent, scaled
from kverify.api.languages.ports import check_port_name
from tests.unit.api.language_cases import accepts, refusal

TEXTS = st.text("09aZz%-+._ ", max_size=6)


@given(TEXTS)
def test_percentages_are_digits_and_a_sign(text: str) -> None:
    assert (refusal(parse_percent, text) is None) == is_percent(text) == accepts(percentages._LANGUAGE, text)


@given(st.integers(0, 10**4), st.integers(0, 2**31 - 1), st.booleans())
def test_parts_are_exact(percent: int, total: int, up: bool) -> None:
    exact = Fraction(percent * total, 100)
    assert scaled(f"{percent}%", total, up=up) == (ceil(exact) if up else floor(exact))
    assert scaled(percent, total, up=up) == percent


@pytest.mark.parametrize(("text", "value"), [("+50%", 2), ("-50%", -1), ("0050%", 2)])
def test_controllers_take_signs(text: str, value: int) -> None:
    assert scaled(text, 3, up=True) == value


@pytest.mark.parametrize("text", ["3", "", "50", "%", "9" * 999 + "%", "half"])
def test_what_is_no_part(text: str) -> None:
    with pytest.raises(PercentError):
        scaled(text, 3, up=True)


@pytest.mark.parametrize(
    ("text", "fault", "message", "mend"),
    [
        ("25", "", "a text is a percentage, and the % is missing", "write 25 without quotes, or 25%"),
        ("25 %", " ", "a blank stands in the percentage", "remove it"),
        ("12.5%", ".", "a percentage is a whole number", "round it"),
        ("-25%", "-", "a percentage has no sign", "write it as in 25%"),
        ("%25", "%", "the % stands behind the number", "write it as in 25%"),
        ("half", "half", "'half' is neither a number nor a percentage", "write 1 or 25%"),
        ("50percent", "percent", "'percent' is not the sign of a percentage", "write %"),
    ],
)
def test_refused_percentages(text: str, fault: str, message: str, mend: str) -> None:
    error = refusal(parse_percent, text)
    assert error is not None
    assert (text[error.start : error.end], str(error), error.mend) == (fault, message, mend)


@given(TEXTS | st.text("ab1-", max_size=18))
def test_port_names(text: str) -> None:
    """The rules of the source, one by one."""
    fine = (
        0 < len(text) <= 15
        and set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        and any("a" <= character <= "z" for character in text)
        and "--" not in text
        and text[0] != "-"
        and text[-1] != "-"
    )
    assert (refusal(check_port_name, text) is None) == fine
    assert accepts(ports._LANGUAGE, text) or not fine


@pytest.mark.parametrize(
    ("text", "fault", "message", "mend"),
    [
        ("HTTP", "HTTP", "it must be in lower case", "write http"),
        ("web_port", "_", "an underscore does not belong into the name of a port", "write web-port"),
        ("web--port", "-", "it must not contain consecutive hyphens", "keep one of them"),
        ("-web", "-", "it must not begin or end with a hyphen", "remove it"),
        ("web-", "", "it must not begin or end with a hyphen", "remove it"),
        ("8080", "8080", "it must contain at least one letter", "write 8080 without quotes, if the number is meant"),
        ("a-very-long-port-name", "t-name", "it is longer than 15 characters", "write a shorter one"),
        ("", "", "a port needs a name or a number", "write it as in http or 8080"),
    ],
)
def test_refused_port_names(text: str, fault: str, message: str, mend: str) -> None:
    error = refusal(check_port_name, text)
    assert error is not None
    assert (text[error.start : error.end], str(error), error.mend) == (fault, message, mend)
