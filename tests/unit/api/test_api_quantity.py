"""Quantities are exact, and read as the API server reads them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.quantity import _LANGUAGE, _QUANTITY, Quantity, QuantityError, parse_quantity
from tests.unit.api.language_cases import accepts, refusal

SUFFIXES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", 1)},
}


@pytest.mark.parametrize(
    ("text", "value", "milli"),
    [
        ("1", 1, 1000),
        ("500m", 1, 500),
        ("1500m", 2, 1500),
        ("0.0001", 1, 1),
        ("1.5Gi", 1610612736, 1610612736000),
        ("1e3", 1000, 1000000),
        ("-1500m", -2, -1500),
        ("16Ei", 2**63 - 1, (2**63 - 1) * 1000),
    ],
)
def test_values_round_up(text: str, value: int, milli: int) -> None:
    quantity = parse_quantity(text)
    assert (quantity.value(), quantity.milli_value(), str(quantity)) == (value, milli, text)


def test_equal_amounts_are_equal() -> None:
    assert parse_quantity("1") == parse_quantity("1000m") == Quantity.of(1)
    assert hash(parse_quantity("1")) == hash(parse_quantity("1000m"))
    assert parse_quantity("999m") < parse_quantity("1") <= parse_quantity("1.0")


@pytest.mark.parametrize(
    ("text", "fault", "message", "mend"),
    [
        ("64MB", "MB", "'MB' is not a suffix", "write 64 with M or Mi"),
        ("1K", "K", "'K' is not a suffix", "write 1 with k or Ki"),
        ("512mi", "mi", "'mi' is not a suffix", "write 512 with Mi"),
        ("2 cores", " ", "a blank stands inside the quantity", "write 2 with no suffix (1 is one CPU)"),
        ("4 GB", " ", "a blank stands inside the quantity", "write 4 with G or Gi"),
        ("1 m", " ", "a blank stands inside the quantity", "write 1m"),
        ("1,5", ",", "a decimal point stands here, not a comma", "write 1.5"),
        ("1_000", "_", "digits cannot be grouped", "write them without _"),
        ("50%", "%", "a quantity is an amount, not a percentage", "write the amount"),
        ("--1", "-", "a quantity has one sign only", "keep one of them"),
        ("1.2.3", ".", "a quantity has one decimal point", "remove the other one"),
        ("1e3m", "e3m", "'e3m' is more than one suffix", "write a number with one suffix, as in 500m, 2, 1.5Gi or 10M"),
        ("1e", "e", "the exponent has no digits", "write a number with one suffix, as in 500m, 2, 1.5Gi or 10M"),
        ("1e3.5", ".", "an exponent is a whole number", "write the number out"),
        (
            "0x10",
            "x10",
            "a quantity is a decimal number",
            "write a number with one suffix, as in 500m, 2, 1.5Gi or 10M",
        ),
        (
            "½",
            "½",
            "a quantity begins with a number, not with '½'",
            "write a number with one suffix, as in 500m, 2, 1.5Gi or 10M",
        ),
        ("", "", "'' is not a quantity", "write a number with one suffix, as in 500m, 2, 1.5Gi or 10M"),
        (" Ei ", "Ei", "'Ei' has no number; only a smaller suffix is 0 by itself", "write 0"),
        ("1e99999", "99999", "the exponent '99999' is beyond 2048", "write the number out"),
    ],
)
def test_refusals_point_at_the_fault_and_say_what_was_meant(text: str, fault: str, message: str, mend: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text)
    error = caught.value
    assert (text[error.start : error.end], str(error), error.mend) == (fault, message, mend)


@pytest.mark.parametrize(
    ("text", "nano"),
    [
        ("Ti", 0),
        ("0Ei", 0),
        ("1e-2000000000", 1),
        ("-1e-2000000000", -1),
        ("0e-2000000000", 0),
        ("1e4294967299", 10**12),  # 32 bits of the exponent are kept
        ("1e2048", 10**2057),
    ],
)
def test_extremes(text: str, nano: int) -> None:
    assert parse_quantity(text).nano == nano


@pytest.mark.parametrize("text", ["1e2049", "1e-2147483648", "1e99999999999999999999", "Pi", "e-10", ".e-10", "+Ei"])
def test_beyond_the_bounds(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_quantity(text)


def test_a_long_text_is_refused_unread() -> None:
    with pytest.raises(QuantityError, match="a quantity of 10000000 characters is too long to be meant") as caught:
        parse_quantity("9" * 10_000_000)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("007", "007"),
        ("+3Ki", "+3Ki"),
        ("+24Ki", "24Ki"),  # a multiple of 8 is not plainly canonical
        ("1.500", "1.500"),
        ("1.5", "1500m"),
        ("1000", "1k"),
        ("0.0000001", "100n"),
        ("3Ei", "3Ei"),
        ("+3Ei", "3Ei"),  # beyond the fast path no spelling survives
    ],
)
def test_the_spelling_survives_only_when_it_is_plainly_canonical(text: str, printed: str) -> None:
    assert parse_quantity(text).printed() == printed


@pytest.mark.parametrize(
    ("text", "whole"),
    [("2", True), ("1500m", False), ("1.9999999999", True), ("1Ei", False), ("2Ei", True), ("1E", True)],
)
def test_whole_numbers_are_whole_as_int64_computes(text: str, whole: bool) -> None:
    assert parse_quantity(text).is_integer is whole


ALPHABET = st.text("0123456789.+-eEinumkKMGTPi %,", max_size=10)
NEAR = st.from_regex(
    r"[+-]?[0-9]{0,3}(\.[0-9]{0,3})?([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2}|)[a-zA-Z0-9 .]{0,2}", fullmatch=True
)


@given(ALPHABET | NEAR)
def test_the_grammar_and_the_regular_expression_agree(text: str) -> None:
    """What is read fast is what the grammar accepts."""
    assert (text != "" and _QUANTITY.fullmatch(text) is not None) == accepts(_LANGUAGE, text)


@given(ALPHABET | NEAR | st.text(max_size=20))
def test_any_text_is_read_or_explained(text: str) -> None:
    error = refusal(parse_quantity, text)
    assert error is None or (str(error) and 0 <= error.start <= error.end <= len(text))


@given(
    st.integers(0, 10**6),
    st.text("0123456789", max_size=6),
    st.sampled_from(sorted(SUFFIXES)),
    st.sampled_from(["", "-"]),
)
def test_exact(whole: int, fraction: str, suffix: str, sign: str) -> None:
    """The amount is the one that is written, rounded away from zero to whole nanos."""
    exact = Fraction(f"{whole}.{fraction or 0}") * SUFFIXES[suffix] * 10**9
    nano = min(-(-exact.numerator // exact.denominator), (2**63 - 1) * 10**9 if "i" in suffix else 10**99)
    assert parse_quantity(f"{sign}{whole}.{fraction}{suffix}").nano == (-nano if sign else nano)


@given(st.integers(-(10**17), 10**17), st.sampled_from(sorted(SUFFIXES)))
def test_canonical_round_trip(number: int, suffix: str) -> None:
    quantity = parse_quantity(f"{number}{suffix}")
    if abs(quantity.nano) >= 10**30:
        return  # there Kubernetes itself loses the magnitude
    again = parse_quantity(quantity.canonical())
    assert again == quantity
    assert again.canonical() == quantity.canonical()


@given(st.integers(0, 10**15), st.sampled_from(["n", "u", "m", "", "k", "Ki", "Mi"]))
def test_storing_rounds_up_to_milli_and_is_stable(number: int, suffix: str) -> None:
    quantity = parse_quantity(f"{number}{suffix}")
    stored = quantity.stored()
    assert stored.nano == -(-quantity.nano // 10**6) * 10**6
    assert stored.stored() == stored
    assert stored.stored().text == stored.text
