"""Quantities are exact, and read as the API server reads them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.quantity import Quantity, QuantityError, parse_quantity

RECORDED = Path(__file__).parents[4] / "shared/traces/quantities.jsonl"
SUFFIXES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", 1)},
}


@pytest.mark.skipif(not RECORDED.is_file(), reason="the recordings are not here")
def test_same_as_the_api_server() -> None:
    """Accepted or refused, and what a LimitRange stores, for all recorded texts."""
    wrong = []
    for line in RECORDED.read_text("utf-8").splitlines():
        case = json.loads(line)
        if case["text"] == "null":
            continue  # the recording has it twice: the JSON null, which is the decoder's, and the text
        answer = case["limitrange_max_cpu"]
        try:
            stored: str | None = parse_quantity(case["text"]).stored().text
        except QuantityError:
            stored = None
        if stored != answer["stored"]:
            wrong.append((case["text"], answer["stored"], stored))
    assert wrong == []


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


@pytest.mark.parametrize("text", ["", " ", "1K", "64MB", "1e3m", "1 m", "--1", "0x10", "½", "1e99999", "1" * 300])
def test_refused(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_quantity(text)


def test_refusals_say_what_was_meant() -> None:
    with pytest.raises(QuantityError, match="'GB' is not a suffix") as caught:
        parse_quantity("4 GB")
    assert caught.value.mend == "write 4 with G or Gi"


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
