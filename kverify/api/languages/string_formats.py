"""The formats of texts that OpenAPI names: ``format`` in the schema of a custom resource, and ``format.uri()`` of CEL.

Sources: ``kube-openapi/pkg/validation/strfmt`` and the ``govalidator`` library that it calls,
``k8s.io/apiserver/pkg/cel/common`` for the named formats of CEL.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from datetime import date
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_interface
from urllib.parse import SplitResult, urlsplit

from kverify.api.languages.durations import DurationError, parse_long_duration
from kverify.api.languages.regexp import Regexp, compile_regexp
from kverify.api.quantity import QuantityError, parse_quantity

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(.\d+)?(z|[+-]\d\d:\d\d)", re.ASCII)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")
_COLOR = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_BYTE = r"\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*"
_RGB = re.compile(rf"rgb\({_BYTE},{_BYTE},{_BYTE}\)", re.ASCII)
_SSN = re.compile(r"\d{3}[- ]?\d{2}[- ]?\d{4}", re.ASCII)
_CARD = re.compile(
    r"(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})",
    re.ASCII,
)
_MAC = re.compile(
    r"(?:[0-9a-f]{2}(?:([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?:(?:\1[0-9a-f]{2}){2}|(?:\1[0-9a-f]{2}){14})?)"
    r"|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}(?:\.[0-9a-f]{4}|(?:\.[0-9a-f]{4}){7})?)",
    re.IGNORECASE,
)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_ADDRESS = rf'(?:{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\\r\n]|\\.)*")@{_ATOM}(?:\.{_ATOM})*'
_WORD = rf'(?:{_ATOM}|"(?:[^"\\\r\n]|\\.)*")'
_EMAIL = re.compile(rf"\s*(?:{_ADDRESS}|(?:{_WORD}(?:[\s.]+{_WORD})*[\s.]*)?<\s*{_ADDRESS}\s*>)\s*")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_HOST = 255
_LONGEST_LABEL = 63


def split_url(text: str) -> SplitResult | None:
    """The parts of what ``url.ParseRequestURI`` reads, absolute or an absolute path; None for anything else."""
    if not text or any(character <= " " or character == "\x7f" for character in text):
        return None
    if not text.startswith("/") and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", text):
        return None
    if re.search(r"%(?![0-9A-Fa-f]{2})", text.partition("?")[0]):
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def is_uri(text: str) -> bool:
    return split_url(text) is not None


def is_uuid(text: str) -> bool:
    return _uuid("")(text)


def is_base64(text: str) -> bool:
    """Base64 as Go decodes it: with line breaks, and nothing is empty data."""
    try:
        b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except ValueError:
        return False
    return True


def is_date(text: str) -> bool:
    """``2006-01-02``."""
    try:
        return _DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def is_date_time(text: str) -> bool:
    """``2006-01-02T15:04:05Z``."""
    day, separator, time = text.lower().partition("t")
    match = _TIME.fullmatch(time)
    if match is None or not separator or not is_date(day):
        return False
    return match[1] <= "23" and match[2] <= "59" and match[3] <= "59"


def is_hostname(text: str) -> bool:
    """A letter may be any letter or symbol of Unicode."""
    if len(text.encode()) > _LONGEST_HOST or not _host_pattern().matches(text):
        return False
    return all(len(part.encode()) <= _LONGEST_LABEL for part in text.split("."))


@cache
def _host_pattern() -> Regexp:
    letter = r"[a-zA-Z0-9\p{S}\p{L}]"
    inner = r"[a-zA-Z0-9-\p{S}\p{L}]"
    return compile_regexp(
        rf"^({letter}((-?{letter}{{0,62}})?)|({letter}(({inner}{{0,61}}{letter})?)(\.)){{1,}}({letter})(-?{letter}){{1,62}})$"
    )


def _uuid(version: str) -> Callable[[str], bool]:
    third = f"{version}[0-9a-f]{{3}}" if version else "[0-9a-f]{4}"
    fourth = "[89ab][0-9a-f]{3}" if version in ("4", "5") else "[0-9a-f]{4}"
    pattern = re.compile(rf"[0-9a-f]{{8}}-?[0-9a-f]{{4}}-?{third}-?{fourth}-?[0-9a-f]{{12}}", re.IGNORECASE)
    return lambda text: pattern.fullmatch(text) is not None


def _fits(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


def _is_address(kind: type[IPv4Address] | type[IPv6Address]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            return "%" not in text and bool(kind(text))
        except ValueError:
            return False

    return check


def _is_range(text: str) -> bool:
    address, slash, length = text.partition("/")
    try:
        return bool(slash and length.isascii() and length.isdigit()) and "%" not in address and bool(ip_interface(text))
    except ValueError:
        return False


def _is_duration(text: str) -> bool:
    try:
        parse_long_duration(text)
    except DurationError:
        return False
    return True


def _is_quantity(text: str) -> bool:
    try:
        parse_quantity(text)
    except QuantityError:
        return False
    return True


def _is_isbn10(text: str) -> bool:
    digits = re.sub(r"[\s-]+", "", text)
    if not re.fullmatch(r"[0-9]{9}[0-9X]", digits):
        return False
    return sum(place * (10 if digit == "X" else int(digit)) for place, digit in enumerate(digits, 1)) % 11 == 0


def _is_isbn13(text: str) -> bool:
    digits = re.sub(r"[\s-]+", "", text)
    if not re.fullmatch(r"[0-9]{13}", digits):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def _is_card(text: str) -> bool:
    digits = re.sub(r"[^0-9]+", "", text)
    if not _CARD.fullmatch(digits):
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


FORMATS: dict[str, Callable[[str], bool]] = {
    "bsonobjectid": _fits(re.compile("[0-9a-fA-F]{24}")),
    "byte": _fits(_BASE64),
    "cidr": _is_range,
    "creditcard": _is_card,
    "date": is_date,
    "datetime": is_date_time,
    "duration": _is_duration,
    "email": _fits(_EMAIL),
    "hexcolor": _fits(_COLOR),
    "hostname": is_hostname,
    "ipv4": _is_address(IPv4Address),
    "ipv6": _is_address(IPv6Address),
    "isbn": lambda text: _is_isbn10(text) or _is_isbn13(text),
    "isbn10": _is_isbn10,
    "isbn13": _is_isbn13,
    "k8slongname": lambda text: len(text) <= 253 and _NAME.fullmatch(text) is not None,
    "k8sshortname": lambda text: len(text) <= 63 and "." not in text and _NAME.fullmatch(text) is not None,
    "mac": _fits(_MAC),
    "password": lambda _: True,
    "quantity": _is_quantity,
    "rgbcolor": _fits(_RGB),
    "ssn": lambda text: len(text) == 11 and _SSN.fullmatch(text) is not None,
    "uri": is_uri,
    "uuid": is_uuid,
    "uuid3": _uuid("3"),
    "uuid4": _uuid("4"),
    "uuid5": _uuid("5"),
}
"""Every format of texts by its name without hyphens, which is how the API server compares the names."""
