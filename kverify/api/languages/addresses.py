"""IP addresses and address ranges (CIDR), in the forms that fields of different age allow.

Sources: k8s.io/apimachinery/pkg/util/validation/ip.go; k8s.io/utils/net (``ParseIPSloppy``, ``ParseCIDRSloppy``: the
parsers of Go 1.16); ``net/netip`` of Go, which the strict forms go by. Printing is Python's ``ipaddress``, which prints
as RFC 5952 asks; reading is not, because it takes zones (``fe80::1%eth0``), which Kubernetes does not, and refuses
zeros in front, which old fields allowed.

A *legacy* field takes any spelling of an IPv6 address. Until 1.35 it takes zeros in front, IPv4 addresses written as
IPv6 (``::ffff:1.2.3.4``), and ranges with bits behind their length (``10.0.0.5/8``) too, with a warning; since 1.36 it
refuses these three (``StrictIPCIDRValidation``, KEP-4858). Fields that came later take the canonical spelling only.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from attrs import frozen

from kverify.api.languages.language import TextError, shown

MAX_LENGTH = 256

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PLAIN_IPV4 = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_WRITE = "write it as in 10.9.8.7 or 2001:db8::ffff"
_WRITE_RANGE = "write it as in 10.9.8.0/24 or 2001:db8::/64"


class AddressError(TextError):
    """The text is not an address, or not a range of addresses."""


@frozen
class Address:
    """An address as it is understood. ``text`` is how it is written."""

    text: str
    number: int
    is_ipv6: bool
    """Whether it is written as IPv6; an IPv4 address can be (``::ffff:1.2.3.4``)."""

    @property
    def is_mapped(self) -> bool:
        return self.is_ipv6 and self.number >> 32 == 0xFFFF

    @property
    def value(self) -> IPv4Address | IPv6Address:
        """The address itself: that of a mapped one is IPv4."""
        if self.is_ipv6 and not self.is_mapped:
            return IPv6Address(self.number)
        return IPv4Address(self.number & 0xFFFFFFFF)

    @property
    def special(self) -> str:
        """What kind of address it is that traffic from elsewhere never reaches, or "" (``ValidateNonSpecialIP``)."""
        value = self.value
        for is_special, kind in (
            (value.is_unspecified, "unspecified"),
            (value.is_loopback, "a loopback address"),
            (value.is_link_local, "a link-local address"),
            (_is_link_local_multicast(value), "a link-local multicast address"),
        ):
            if is_special:
                return kind
        return ""

    def __str__(self) -> str:
        """The canonical spelling."""
        return str(self.value)


@frozen
class AddressRange:
    """``address/length`` as it is written; the range itself begins at :attr:`first`."""

    address: Address
    length: int

    @property
    def bits(self) -> int:
        return 128 if self.address.is_ipv6 else 32

    @property
    def first(self) -> Address:
        host = (1 << (self.bits - self.length)) - 1
        return Address("", self.address.number & ~host, self.address.is_ipv6)

    @property
    def last_bits(self) -> int:
        """The bits of the address behind the length; 0 for a range, something else for an address in its network."""
        return self.address.number ^ self.first.number

    def has_inside(self, other: AddressRange) -> bool:
        """Whether ``other`` is a part of it and not all of it, as ``except`` of a network policy must be."""
        first, inner = self.first, other.first.value
        shift = self.bits - self.length
        same_family = first.value.version == inner.version
        return same_family and int(first.value) >> shift == int(inner) >> shift and self.length < other.length

    def __str__(self) -> str:
        """The canonical spelling (``IPNet.String``)."""
        first = self.first
        if first.is_mapped:
            return f"{first}/{self.length - 96}"
        return f"{first}/{self.length}"


@lru_cache(maxsize=4096)
def parse_ip(text: str) -> Address:
    """Read an address as leniently as ``ParseIPSloppy``. Raises :class:`AddressError`."""
    if _PLAIN_IPV4.fullmatch(text):
        return Address(text, int(IPv4Address(text)), False)
    _check_length(text, "an address", _WRITE)
    separator = re.search("[.:]", text)
    if separator is None:
        mend = "remove the length" if "/" in text else _WRITE
        raise AddressError(f"{shown(text)} is not an IP address", mend, 0, len(text))
    if "/" in text:
        start = text.index("/")
        raise AddressError("an address is not a range", f"write {text[:start]}", start, len(text))
    if separator[0] == ".":
        return Address(text, _ipv4(text, 0), False)
    return Address(text, _ipv6(text), True)


@lru_cache(maxsize=4096)
def parse_range(text: str) -> AddressRange:
    """Read a range as leniently as ``ParseCIDRSloppy``. Raises :class:`AddressError`."""
    _check_length(text, "a range of addresses", _WRITE_RANGE)
    written, slash, length = text.partition("/")
    if not slash:
        mend = f"write {text}/32" if _PLAIN_IPV4.fullmatch(text) else _WRITE_RANGE
        raise AddressError("the length of the range is missing", mend, len(text), len(text))
    is_ipv6 = ":" in written
    number = _ipv6(written) if is_ipv6 else _ipv4(written, 0)
    bits, start = (128, "IPv6") if is_ipv6 else (32, "IPv4")
    if not re.fullmatch("[0-9]+", length) or int(length) > bits:
        message = f"the length of an {start} range is a number from 0 to {bits}"
        raise AddressError(message, _WRITE_RANGE, len(written) + 1, len(text))
    return AddressRange(Address(written, number, is_ipv6), int(length))


def check_legacy_ip(text: str, *, strict: bool) -> None:
    """``IsValidIPForLegacyField``: ``strict`` since 1.36. Raises :class:`AddressError`."""
    address = parse_ip(text)
    if strict:
        _check_strict(address)


def check_ip(text: str) -> None:
    """``IsValidIP``, for fields that came after 1.27: the canonical spelling only. Raises :class:`AddressError`."""
    address = parse_ip(text)
    _check_strict(address)
    _check_canonical(text, str(address))


def check_legacy_range(text: str, *, strict: bool) -> None:
    """``IsValidCIDRForLegacyField``: ``strict`` since 1.36. Raises :class:`AddressError`."""
    found = parse_range(text)
    if strict:
        _check_strict_range(text, found)


def check_range(text: str) -> None:
    """``IsValidCIDR``, for fields that came after 1.27: the canonical spelling only. Raises :class:`AddressError`."""
    found = parse_range(text)
    _check_strict_range(text, found)
    _check_canonical(text, str(found))


def remark_on_ip(text: str) -> AddressError | None:
    """What the API server warns of in a legacy field that it has accepted (``GetWarningsForIP``)."""
    address = parse_ip(text)
    try:
        _check_strict(address)
        if address.is_ipv6:
            _check_canonical(text, str(address))
    except AddressError as error:
        return error
    return None


def remark_on_range(text: str) -> AddressError | None:
    """What the API server warns of in a legacy field that it has accepted (``GetWarningsForCIDR``)."""
    found = parse_range(text)
    try:
        _check_strict_range(text, found)
        if found.address.is_ipv6:
            _check_canonical(text, str(found))
    except AddressError as error:
        return error
    return None


def _is_link_local_multicast(value: IPv4Address | IPv6Address) -> bool:
    """Of IPv6 only the scope counts, whatever the flags (``IsLinkLocalMulticast``)."""
    if isinstance(value, IPv4Address):
        return int(value) >> 8 == 0xE00000
    return value.packed[0] == 0xFF and value.packed[1] & 0x0F == 2


def _check_strict(address: Address) -> None:
    """What ``netip.ParseAddr`` refuses of what has been read, and mapped addresses."""
    text = address.text
    dotted = len(text) - len(text.rpartition(":")[2]) if "." in text else len(text)
    zeros = re.compile(r"(?<![0-9])0[0-9]+").search(text, dotted) or re.compile(r"0[0-9A-Fa-f]{4,}").search(text)
    if zeros:
        raise AddressError("it must not have zeros in front of its numbers", f"write {address}", *zeros.span())
    if address.is_mapped:
        raise AddressError("it must not be an IPv4 address written as IPv6", f"write {address}", 0, len(text))


def _check_strict_range(text: str, found: AddressRange) -> None:
    _check_strict(found.address)
    start = len(found.address.text) + 1
    if text[start] == "0" and len(text) > start + 1:
        raise AddressError("it must not have zeros in front of its length", f"write {found}", start, len(text))
    if found.last_bits:
        message = f"it must not have bits set behind its length of {found.length}"
        alone = f"{found.address}/{found.bits}"
        raise AddressError(message, f"write {found} for the range, or {alone} for the one address", 0, start - 1)


def _check_canonical(text: str, canonical: str) -> None:
    if text != canonical:
        raise AddressError("it must be in canonical form", f"write {canonical}", 0, len(text))


def _check_length(text: str, what: str, mend: str) -> None:
    if len(text) > MAX_LENGTH:
        raise AddressError(f"{what} of {len(text)} characters is too long to be meant", mend, 0, len(text))


def _ipv4(text: str, start: int) -> int:
    """The number of the dotted address that ``text`` holds from ``start`` on; zeros in front do not matter."""
    parts = text[start:].split(".")
    number, place = 0, start
    for part in parts:
        end = place + len(part)
        if not re.fullmatch("[0-9]+", part):
            raise _not_a_number(text, part, place)
        if int(part) > 255:
            raise AddressError(f"{part} is above 255", "the numbers of an IPv4 address go from 0 to 255", place, end)
        number, place = number << 8 | int(part), end + 1
    if len(parts) != 4:
        message = f"an IPv4 address has four numbers, and here are {len(parts)}"
        raise AddressError(message, _WRITE, start, len(text))
    return number


def _not_a_number(text: str, part: str, place: int) -> AddressError:
    digits, colon, _ = part.partition(":")
    if colon and digits.isdecimal():
        return AddressError("a port does not belong to an address", "remove it", place + len(digits), len(text))
    if not part:
        return AddressError("a number is missing between two dots", _WRITE, place, place)
    if part != part.strip():
        return AddressError("a blank stands in the address", "remove it", place, place + len(part))
    if re.search("[a-z]", text.lower()):
        return AddressError(f"{shown(text)} is a name, not an IP address", "write the address", 0, len(text))
    return AddressError(f"{shown(part)} is not a number", _WRITE, place, place + len(part))


def _ipv6(text: str) -> int:
    groups: list[int] = []
    gap: int | None = None
    place = 0
    if text.startswith("::"):
        gap, place = 0, 2
    while place < len(text) and len(groups) < 8:
        match = _HEX.match(text, place)
        if match is None:
            raise _not_a_group(text, place)
        if text.startswith(".", match.end()):
            if len(groups) > 6 or (gap is None and len(groups) != 6):
                message = "the IPv4 part of an IPv6 address stands at its end, in the place of two groups"
                raise AddressError(message, _WRITE, place, len(text))
            number = _ipv4(text, place)
            groups += [number >> 16, number & 0xFFFF]
            place = len(text)
            break
        if int(match[0], 16) > 0xFFFF:
            raise AddressError(f"{shown(match[0])} has more than four digits", _WRITE, place, match.end())
        groups.append(int(match[0], 16))
        place = match.end()
        if place == len(text):
            break
        if text[place] != ":" or place + 1 == len(text):
            raise _not_a_group(text, place)
        place += 1
        if text[place] == ":":
            if gap is not None:
                raise AddressError("'::' stands in an address once", _WRITE, place - 1, place + 1)
            gap, place = len(groups), place + 1
    if place != len(text):
        raise AddressError("an IPv6 address has eight groups, and here are more", _WRITE, place, len(text))
    return _expanded(text, groups, gap)


def _expanded(text: str, groups: list[int], gap: int | None) -> int:
    missing = 8 - len(groups)
    if missing and gap is None:
        message = f"an IPv6 address has eight groups, and here are {len(groups)}"
        raise AddressError(message, "write all of them, or :: for those that are 0", 0, len(text))
    if gap is not None:
        if not missing:
            start = text.index("::")
            raise AddressError("'::' stands for at least one group", "write a colon", start, start + 2)
        groups = [*groups[:gap], *([0] * missing), *groups[gap:]]
    number = 0
    for group in groups:
        number = number << 16 | group
    return number


def _not_a_group(text: str, place: int) -> AddressError:
    if text[place] == "%":
        return AddressError("an address has no zone here", f"write {text[:place]}", place, len(text))
    if text[place] == ":":
        return AddressError("a group is missing beside the colon", _WRITE, place, place + 1)
    if text[place].isspace():
        return AddressError("a blank stands in the address", "remove it", place, place + 1)
    return AddressError(f"{shown(text[place])} does not belong into an IPv6 address", _WRITE, place, place + 1)
