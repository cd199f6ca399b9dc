"""Addresses, address ranges and URLs (``k8s.io/apiserver/pkg/cel/library``: ip.go, cidr.go, urls.go)."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, parse_qsl, quote, unquote

from attrs import frozen

from kverify.api.cel.values import CelError, MapValue, Value, no_such_overload
from kverify.api.languages.string_formats import split_url


@frozen
class IPAddress:
    """``net.IP``: never with a zone, never an IPv4 address in IPv6 clothes."""

    type_name = "net.IP"
    address: IPv4Address | IPv6Address


@frozen
class Cidr:
    """``net.CIDR``: an address and the length of its prefix; the address may have bits beyond it."""

    type_name = "net.CIDR"
    address: IPv4Address | IPv6Address
    prefix: int

    def __str__(self) -> str:
        return f"{self.address}/{self.prefix}"

    def covers(self, address: IPv4Address | IPv6Address) -> bool:
        return address.version == self.address.version and address in ip_network(str(self), strict=False)


@frozen
class Url:
    type_name = "kubernetes.URL"
    parts: SplitResult


def parse_ip(text: Value) -> Value:
    if not isinstance(text, str):
        return no_such_overload()
    try:
        address = ip_address(text)
    except ValueError:
        return CelError(f"IP Address {text[:60]!r} parse error during conversion from string")
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return CelError(f"IP address {text[:60]!r} with zone value is not allowed")
        if address.ipv4_mapped is not None:
            return CelError(f"IPv4-mapped IPv6 address {text[:60]!r} is not allowed")
    return IPAddress(address)


def parse_cidr(text: Value) -> Value:
    if not isinstance(text, str):
        return no_such_overload()
    left, slash, right = text.rpartition("/")
    address = parse_ip(left) if slash else CelError("")
    number = re.fullmatch(r"0|[1-9][0-9]{0,2}", right)
    if isinstance(address, IPAddress) and number and int(right) <= address.address.max_prefixlen:
        return Cidr(address.address, int(right))
    return CelError(f"network address parse error during conversion from string: {text[:60]!r}")


def show_ip(value: IPAddress) -> str:
    return str(value.address)


def _ip(value: Value) -> Value:
    return IPAddress(value.address) if isinstance(value, Cidr) else parse_ip(value)


def _of_ip(read: Callable[[IPv4Address | IPv6Address], Value]) -> Callable[[Value], Value]:
    return lambda value: read(value.address) if isinstance(value, IPAddress) else no_such_overload()


def _is_global_unicast(address: IPv4Address | IPv6Address) -> bool:
    limited = address == IPv4Address("255.255.255.255")
    outside = address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local
    return not (limited or outside)


def _is_link_local_multicast(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return str(address).startswith("224.0.0.")
    return address in IPv6Network("ff02::/16")


def _contains_ip(cidr: Value, other: Value) -> Value:
    if isinstance(other, str):
        other = parse_ip(other)
    if isinstance(other, CelError):
        return other
    if not isinstance(cidr, Cidr) or not isinstance(other, IPAddress):
        return no_such_overload()
    return cidr.covers(other.address)


def _contains_cidr(cidr: Value, other: Value) -> Value:
    if isinstance(other, str):
        other = parse_cidr(other)
    if isinstance(other, CelError):
        return other
    if not isinstance(cidr, Cidr) or not isinstance(other, Cidr):
        return no_such_overload()
    return cidr.covers(other.address) and cidr.prefix <= other.prefix


def _masked(cidr: Value) -> Value:
    if not isinstance(cidr, Cidr):
        return no_such_overload()
    return Cidr(ip_network(str(cidr), strict=False).network_address, cidr.prefix)


def parse_url(text: Value) -> Value:
    """``url.ParseRequestURI``: absolute, or an absolute path."""
    if not isinstance(text, str):
        return no_such_overload()
    parts = split_url(text)
    if parts is None:
        return CelError(f"URL parse error during conversion from string: {text[:60]!r}")
    return Url(parts)


def _of_url(read: Callable[[SplitResult], Value]) -> Callable[[Value], Value]:
    return lambda value: read(value.parts) if isinstance(value, Url) else no_such_overload()


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _hostname(parts: SplitResult) -> str:
    host = _host(parts)
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _query(parts: SplitResult) -> MapValue:
    found: dict[str, list[Value]] = {}
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        found.setdefault(key, []).append(value)
    return MapValue.of({key: tuple(values) for key, values in found.items()})


def _is(parse: Callable[[Value], Value]) -> Callable[[Value], Value]:
    def run(value: Value) -> Value:
        return not isinstance(parse(value), CelError) if isinstance(value, str) else no_such_overload()

    return run


def _is_canonical(value: Value) -> Value:
    address = parse_ip(value)
    return show_ip(address) == value if isinstance(address, IPAddress) else address


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "ip": _ip,
    "isIP": _is(parse_ip),
    "ip.isCanonical": _is_canonical,
    "family": _of_ip(lambda address: address.version),
    "isUnspecified": _of_ip(lambda address: address.is_unspecified),
    "isLoopback": _of_ip(lambda address: address.is_loopback),
    "isLinkLocalMulticast": _of_ip(_is_link_local_multicast),
    "isLinkLocalUnicast": _of_ip(lambda address: address.is_link_local),
    "isGlobalUnicast": _of_ip(_is_global_unicast),
    "cidr": parse_cidr,
    "isCIDR": _is(parse_cidr),
    "containsIP": _contains_ip,
    "containsCIDR": _contains_cidr,
    "masked": _masked,
    "prefixLength": lambda value: value.prefix if isinstance(value, Cidr) else no_such_overload(),
    "url": parse_url,
    "isURL": _is(parse_url),
    "getScheme": _of_url(lambda parts: parts.scheme),
    "getHost": _of_url(_host),
    "getHostname": _of_url(_hostname),
    "getPort": _of_url(lambda parts: "" if parts.port is None else str(parts.port)),
    "getEscapedPath": _of_url(lambda parts: quote(unquote(parts.path), safe="/:@!$&'()*+,;=-._~")),
    "getQuery": _of_url(_query),
}
