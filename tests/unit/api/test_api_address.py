"""Addresses and ranges: the lenient and the strict forms, and what a user reads about a wrong one."""

from __future__ import annotations

import ipaddress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kverify.api.languages.addresses import (
    AddressError,
    check_ip,
    check_legacy_ip,
    check_legacy_range,
    check_range,
    parse_ip,
    parse_range,
    remark_on_ip,
    remark_on_range,
)
from tests.unit.api.language_cases import refusal

IPV4 = st.ip_addresses(v=4)
IPV6 = st.ip_addresses(v=6) | st.integers(0, 2**32 - 1).map(lambda n: ipaddress.IPv6Address(0xFFFF << 32 | n))
SHAPES = st.lists(
    st.sampled_from([":", "::", ".", "0", "1", "a", "ff", "255", "256", "10", "ffff", "12345", "g"]), max_size=17
).map("".join)
strict_ip = partial(check_legacy_ip, strict=True)
lenient_ip = partial(check_legacy_ip, strict=False)
strict_range = partial(check_legacy_range, strict=True)
lenient_range = partial(check_legacy_range, strict=False)


def known(text: str) -> int | None:
    """An independent reading: Python's own, which refuses what the strict forms refuse."""
    try:
        return int(ipaddress.ip_address(text))
    except ValueError:
        return None


@given(SHAPES | IPV4.map(str) | IPV6.map(str) | IPV6.map(lambda ip: ip.exploded.upper()))
def test_strict_addresses_are_those_of_the_standard_library(text: str) -> None:
    expected = known(text)
    if expected is not None and ":" in text and expected >> 32 == 0xFFFF:
        assert "written as IPv6" in str(refusal(strict_ip, text))
        assert parse_ip(text).number == expected
    elif expected is not None:
        check_legacy_ip(text, strict=True)
        assert parse_ip(text).number == expected
    else:
        assert refusal(strict_ip, text) is not None


@given(IPV4, st.lists(st.integers(0, 4), min_size=4, max_size=4))
def test_zeros_in_front_count_nothing(address: ipaddress.IPv4Address, zeros: list[int]) -> None:
    """Never octal. Strict fields refuse them."""
    text = ".".join("0" * count + octet for count, octet in zip(zeros, str(address).split("."), strict=True))
    assert parse_ip(text).value == address
    assert str(parse_ip(text)) == str(address)
    assert (refusal(strict_ip, text) is None) == (not any(zeros))


@given(IPV4 | IPV6)
def test_the_canonical_spelling_is_always_fine(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    canonical = str(parse_ip(str(address)))
    assert refusal(check_ip, canonical) is None
    assert remark_on_ip(canonical) is None
    assert parse_ip(canonical).value == parse_ip(str(address)).value


@given(IPV4 | IPV6, st.integers(0, 128))
def test_ranges_are_those_of_the_standard_library(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, length: int
) -> None:
    text = f"{address}/{length}"
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        assert refusal(lenient_range, text) is not None
        return
    found = parse_range(text)
    assert found.first.number == int(network.network_address)
    assert (found.last_bits == 0) == (network.network_address == address)
    if not found.first.is_mapped:
        assert str(found) == str(network)
    if not found.address.is_mapped:
        assert (refusal(strict_range, text) is None) == (found.last_bits == 0)


@pytest.mark.parametrize(
    ("text", "lenient", "strict", "canonical"),
    [
        ("10.9.8.7", True, True, True),
        ("010.9.8.7", True, False, False),
        ("2001:db8::1", True, True, True),
        ("2001:DB8:0::1", True, True, False),
        ("::ffff:1.2.3.4", True, False, False),
        ("::ffff:102:304", True, False, False),
        ("::1.2.3.4", True, True, False),
        ("::01.2.3.4", True, False, False),
        ("00001::", True, False, False),
        ("fe80::1%eth0", False, False, False),
        ("1.2.3", False, False, False),
    ],
)
def test_the_forms_of_addresses(text: str, lenient: bool, strict: bool, canonical: bool) -> None:
    found = [refusal(read, text) is None for read in (lenient_ip, strict_ip, check_ip)]
    assert found == [lenient, strict, canonical]


@pytest.mark.parametrize(
    ("text", "lenient", "strict", "canonical"),
    [
        ("10.0.0.0/8", True, True, True),
        ("10.0.0.5/8", True, False, False),
        ("10.0.0.0/08", True, False, False),
        ("0.0.0.0/0", True, True, True),
        ("010.0.0.0/8", True, False, False),
        ("2001:DB8::/32", True, True, False),
        ("::ffff:1.2.3.0/120", True, False, False),
        ("10.0.0.0/33", False, False, False),
        ("10.0.0.0", False, False, False),
        ("10.0.0.0/-1", False, False, False),
        ("10.0.0.0/255.0.0.0", False, False, False),
    ],
)
def test_the_forms_of_ranges(text: str, lenient: bool, strict: bool, canonical: bool) -> None:
    found = [refusal(read, text) is None for read in (lenient_range, strict_range, check_range)]
    assert found == [lenient, strict, canonical]


@pytest.mark.parametrize(
    ("text", "special"),
    [
        ("10.0.0.1", ""),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("127.1.2.3", "a loopback address"),
        ("::ffff:127.0.0.1", "a loopback address"),
        ("169.254.1.1", "a link-local address"),
        ("fe80::1", "a link-local address"),
        ("224.0.0.9", "a link-local multicast address"),
        ("224.0.1.9", ""),
        ("ff12::1", "a link-local multicast address"),
        ("ff05::1", ""),
    ],
)
def test_addresses_that_nobody_else_reaches(text: str, special: str) -> None:
    assert parse_ip(text).special == special


@pytest.mark.parametrize(
    ("outer", "inner", "inside"),
    [
        ("10.0.0.0/8", "10.1.0.0/16", True),
        ("10.0.0.0/8", "10.0.0.0/8", False),
        ("10.0.0.0/8", "11.0.0.0/16", False),
        ("10.0.0.0/8", "2001:db8::/32", False),
        ("2001:db8::/32", "2001:db8:1::/48", True),
    ],
)
def test_exceptions_are_real_parts(outer: str, inner: str, inside: bool) -> None:
    assert parse_range(outer).has_inside(parse_range(inner)) is inside


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("10.0.0.1", None),
        ("010.0.0.1", "write 10.0.0.1"),
        ("FE80::1", "write fe80::1"),
        ("::ffff:1.2.3.4", "write 1.2.3.4"),
    ],
)
def test_remarks_on_accepted_addresses(text: str, mend: str | None) -> None:
    remark = remark_on_ip(text)
    assert (remark.mend if remark else None) == mend


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("10.0.0.0/8", None),
        ("10.0.0.5/8", "write 10.0.0.0/8 for the range, or 10.0.0.5/32 for the one address"),
        ("2001:DB8::/32", "write 2001:db8::/32"),
    ],
)
def test_remarks_on_accepted_ranges(text: str, mend: str | None) -> None:
    remark = remark_on_range(text)
    assert (remark.mend if remark else None) == mend


WRITE = "write it as in 10.9.8.7 or 2001:db8::ffff"


@pytest.mark.parametrize(
    ("text", "fault", "message", "mend"),
    [
        ("", "", "'' is not an IP address", WRITE),
        ("10.0.0.300", "300", "300 is above 255", "the numbers of an IPv4 address go from 0 to 255"),
        ("10.0.0", "10.0.0", "an IPv4 address has four numbers, and here are 3", WRITE),
        ("10..0.1", "", "a number is missing between two dots", WRITE),
        ("10.0.0.1:80", ":80", "a port does not belong to an address", "remove it"),
        ("10.0.0.0/8", "/8", "an address is not a range", "write 10.0.0.0"),
        ("example.com", "example.com", "'example.com' is a name, not an IP address", "write the address"),
        ("10.0.0.1 ", "1 ", "a blank stands in the address", "remove it"),
        ("fe80::1%eth0", "%eth0", "an address has no zone here", "write fe80::1"),
        (
            "1:2:3",
            "1:2:3",
            "an IPv6 address has eight groups, and here are 3",
            "write all of them, or :: for those that are 0",
        ),
        ("1::2::3", "::", "'::' stands in an address once", WRITE),
        ("1:2:3:4:5:6:7:8:9", "9", "an IPv6 address has eight groups, and here are more", WRITE),
        ("1:2:3:4::5:6:7:8", "::", "'::' stands for at least one group", "write a colon"),
        ("fg::1", "g", "'g' does not belong into an IPv6 address", WRITE),
        ("010.0.0.1", "010", "it must not have zeros in front of its numbers", "write 10.0.0.1"),
        ("1" * 300, "1" * 300, "an address of 300 characters is too long to be meant", WRITE),
    ],
)
def test_refusals_of_addresses(text: str, fault: str, message: str, mend: str) -> None:
    error = refusal(strict_ip, text)
    assert error is not None
    assert (text[error.start : error.end], str(error), error.mend) == (fault, message, mend)


@pytest.mark.parametrize(
    ("text", "fault", "message", "mend"),
    [
        ("10.0.0.1", "", "the length of the range is missing", "write 10.0.0.1/32"),
        (
            "10.0.0.0/40",
            "40",
            "the length of an IPv4 range is a number from 0 to 32",
            "write it as in 10.9.8.0/24 or 2001:db8::/64",
        ),
        ("10.0/16", "10.0", "an IPv4 address has four numbers, and here are 2", WRITE),
        (
            "10.0.0.5/8",
            "10.0.0.5",
            "it must not have bits set behind its length of 8",
            "write 10.0.0.0/8 for the range, or 10.0.0.5/32 for the one address",
        ),
    ],
)
def test_refusals_of_ranges(text: str, fault: str, message: str, mend: str) -> None:
    error = refusal(strict_range, text)
    assert error is not None
    assert (text[error.start : error.end], str(error), error.mend) == (fault, message, mend)


@given(SHAPES | st.text(max_size=20))
def test_any_text_is_read_or_explained(text: str) -> None:
    for read in (strict_ip, strict_range, check_ip, check_range):
        error = refusal(read, text)
        assert error is None or (isinstance(error, AddressError) and 0 <= error.start <= error.end <= len(text))
