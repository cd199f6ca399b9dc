"""What a scalar means: the rules of ``sigs.k8s.io/yaml``, which kubectl uses (goyaml.v2, then conversion to JSON).

They are neither YAML 1.1 as PyYAML reads it (``y`` is a bool here, ``12:30:45`` and dates are strings, ``1e3`` is a
number) nor YAML 1.2 (``0777`` is octal, ``on`` is a bool). The rules were checked against kubectl itself.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct

from kverify.manifest.diagnostics import shown

_PREFIX = "tag:yaml.org,2002:"
MERGE_TAG = f"{_PREFIX}merge"
_STR = f"{_PREFIX}str"
_BINARY = f"{_PREFIX}binary"
_RESOLVED_TAGS = {f"{_PREFIX}{name}": name for name in ("bool", "int", "float", "null", "timestamp")}

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
# Only text that begins with one of these can be anything but a string.
HINTS = frozenset("+-.0123456789yYnNtTfFoO~")
# Underscores are removed before these two are tried, wherever they stand.
_INT = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# A number that begins with a dot is Go's own syntax: an underscore only between two digits.
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]*)?"
    r"(?:[ \t]*(?:Z|[+-][0-9]{1,2}(?::?[0-9]{2})?))?)?"
)

_INT64 = 1 << 63
_UINT64 = 1 << 64
# Twenty digits hold every 64-bit number; Python refuses to convert decimal text beyond 4,300.
_MOST_DIGITS = 20


class ScalarError(ValueError):
    """kubectl cannot take this scalar. ``mend`` says what to write instead."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.mend = mend


def resolve_plain(raw: str) -> str | int | float | bool | None:
    """The value of an unquoted, untagged scalar. NaN and the infinities come back as floats; JSON has none of them."""
    if raw and raw[0] not in HINTS:
        return raw
    if raw in _WORDS:
        return _WORDS[raw]
    if raw[0] == ".":
        if _DOT_FLOAT.fullmatch(raw):
            value = float(raw)
            return raw if math.isinf(value) else value
        return raw
    if raw[0] not in "+-0123456789":
        return raw
    digits = raw.replace("_", "")
    integer = _integer(digits)
    if integer is not None:
        return integer
    if _FLOAT.fullmatch(digits):
        value = float(digits)
        return raw if math.isinf(value) else value
    return raw


def resolve(raw: str, *, quoted: bool, tag: str | None) -> str | int | float | bool | None:
    """The value of any scalar. Raises ``ScalarError`` for a tag that does not fit, and for what JSON cannot hold.

    Unknown tags are ignored, but the value is then a string, even if it looks like a number.
    """
    if tag is None:
        value = raw if quoted else resolve_plain(raw)
    elif tag == _BINARY:
        return _decode_binary(raw)
    elif tag in _RESOLVED_TAGS:
        value = _resolve_as(raw, _RESOLVED_TAGS[tag])
    else:
        return raw
    if isinstance(value, float) and not math.isfinite(value):
        raise ScalarError(
            f"{shown(raw)} is not a number that JSON can hold, so kubectl refuses it",
            f'quote it if text is meant: "{shown(raw)}"',
        )
    return number(value) if isinstance(value, float) else value


def number(value: float) -> int | float:
    """A float as JSON and back: Go writes a whole float without a fraction, so the API server reads an integer."""
    return int(value) if value.is_integer() and -_INT64 <= value < _INT64 else value


def json_number(raw: str) -> int | float:
    """The value of a JSON number. Beyond 64 bits it is a float; what overflows that too comes back infinite."""
    if raw.lstrip("-").isdigit() and len(raw) <= _MOST_DIGITS:
        integer = int(raw)
        if -_INT64 <= integer < _UINT64:
            return integer
    value = float(raw)
    return number(value) if math.isfinite(value) else value


def key_text(value: str | int | float | bool | None) -> str | None:
    """A key as the string that it is in JSON; None for the two kinds kubectl refuses (null, more than 63 bits).

    Expects what ``resolve_plain`` gives: 1e6 is the float key ``1e+06``, not the integer key ``1000000``.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if -_INT64 <= value < _INT64 else None
    return None if value is None else _float_text(value)


def _integer(digits: str) -> int | None:
    match = _INT.fullmatch(digits)
    if match is None:
        return None
    sign, hexadecimal, binary, octal, decimal = match.groups()
    if decimal is not None:
        if len(decimal) > _MOST_DIGITS:
            return None
        value = int(decimal)
    elif octal is not None:
        value = int(octal, 8)
    else:
        value = int(hexadecimal, 16) if hexadecimal is not None else int(binary, 2)
    if sign == "-":
        value = -value
    # Go reads a signed 64-bit number, and an unsigned one only when no sign is written.
    limit = _INT64 if sign else _UINT64
    return value if -_INT64 <= value < limit else None


def _resolve_as(raw: str, wanted: str) -> str | int | float | bool | None:
    if wanted == "timestamp":
        if _TIMESTAMP.fullmatch(raw):
            return raw
        raise ScalarError(
            f"{shown(raw)!r} is tagged !!timestamp but is not a date", "remove the tag, or write YYYY-MM-DD"
        )
    value = resolve_plain(raw)
    kind = "null" if value is None else "string" if isinstance(value, str) else type(value).__name__
    # YAML lets any integer be a float.
    if kind == wanted or (wanted == "float" and kind == "int"):
        return value
    raise ScalarError(
        f"{shown(raw)!r} is tagged !!{wanted} but is a {kind}", "remove the tag, or write a value of that type"
    )


def _decode_binary(raw: str) -> str:
    try:
        data = base64.b64decode(raw.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise ScalarError(
            "the value is tagged !!binary but is not base64", "encode it (base64 FILE), or remove the tag"
        ) from None
    # JSON holds text: Go writes U+FFFD for every byte that is not UTF-8.
    return re.sub("[\udc80-\udcff]", "�", data.decode("utf-8", "surrogateescape"))


def _float_text(value: float) -> str:
    """Go's ``FormatFloat(value, 'g', -1, 32)``: the shortest digits that mean the same float32."""
    if math.isnan(value):
        return ".nan"
    single = _float32(value)
    if math.isinf(single):
        return ".inf" if value > 0 else "-.inf"
    # Nine significant digits tell any two float32 apart.
    shortest = next(text for size in range(9) if _float32(float(text := f"{single:.{size}e}")) == single)
    mantissa, exponent = shortest.split("e")
    power = int(exponent)
    if not -4 <= power < 6:
        return f"{mantissa}e{power:+03d}"
    decimals = max(0, len(mantissa.replace("-", "").replace(".", "")) - 1 - power)
    return f"{float(shortest):.{decimals}f}"


def _float32(value: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)
