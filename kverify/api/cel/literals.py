"""Literals of CEL and their values (cel-spec, langdef.md; cel-go, ``parser/unescape.go``)."""

from __future__ import annotations

import re

from kverify.api.languages.language import TextError

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
UINT_MAX = 2**64 - 1

_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_ESCAPE = re.compile(
    r"""\\(?:[xX](?P<hex>[0-9a-fA-F]{2})
         |u(?P<short>[0-9a-fA-F]{4})
         |U(?P<long>[0-9a-fA-F]{8})
         |(?P<octal>[0-3][0-7]{2})
         |(?P<simple>[abfnrtv"'\\?`]))""",
    re.VERBOSE,
)


def integer(text: str) -> int:
    """``12``, ``-0x1F``. Raises ``TextError`` for a number that does not fit into 64 bits."""
    compact = re.sub(r"\s", "", text)
    value = int(compact, 16) if "0x" in compact else int(compact) if len(compact) < 100 else INT_MAX + 1
    if not INT_MIN <= value <= INT_MAX:
        raise TextError(f"the integer {_short(compact)} does not fit into 64 bits", f"the largest is {INT_MAX}")
    return value


def unsigned(text: str) -> int:
    """``12u``. Raises ``TextError`` for a number that does not fit into 64 bits."""
    digits = text[:-1]
    value = int(digits, 16) if digits.startswith("0x") else int(digits) if len(digits) < 100 else UINT_MAX + 1
    if value > UINT_MAX:
        raise TextError(f"the unsigned integer {_short(text)} does not fit into 64 bits", f"the largest is {UINT_MAX}u")
    return value


def decimal(text: str) -> float:
    """``1.5e3``. Raises ``TextError`` for a number that no double can hold."""
    value = float(re.sub(r"\s", "", text))
    if value in (float("inf"), float("-inf")):
        raise TextError(f"the number {_short(text)} is too large for a double")
    return value


def string(text: str) -> str:
    """A string literal, with its quotes. Raises ``TextError`` for an escape that is no character."""
    body, raw = _body(text)
    if raw:
        return body

    def character(match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        digits = match[kind]
        if kind == "simple":
            return _SIMPLE.get(digits, digits)
        code = int(digits, 8 if kind == "octal" else 16)
        if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            raise TextError(f"{match[0]} is no character of Unicode")
        return chr(code)

    return _ESCAPE.sub(character, body)


def byte_string(text: str) -> bytes:
    """A bytes literal, with its prefix and quotes: characters stand for their UTF-8, escapes for single bytes."""
    body, raw = _body(text[1:])
    if raw:
        return body.encode("utf-8", "surrogatepass")
    parts: list[bytes] = []
    position = 0
    for match in _ESCAPE.finditer(body):
        parts.append(body[position : match.start()].encode("utf-8", "surrogatepass"))
        kind = match.lastgroup or ""
        digits = match[kind]
        if kind == "simple":
            parts.append(_SIMPLE.get(digits, digits).encode())
        else:
            parts.append(bytes([int(digits, 8 if kind == "octal" else 16)]))
        position = match.end()
    parts.append(body[position:].encode("utf-8", "surrogatepass"))
    return b"".join(parts)


def quoted(text: str) -> str:
    """``text`` as a string literal in double quotes."""
    return '"' + "".join(map(_written, text)) + '"'


def quoted_bytes(data: bytes) -> str:
    printable = (chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in data)
    return 'b"' + "".join(printable) + '"'


def _written(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _body(text: str) -> tuple[str, bool]:
    """What stands between the quotes, line ends as LF, and whether it is raw."""
    raw = text[0] in "rR"
    text = text[raw:]
    quotes = 3 if len(text) >= 6 and text[:3] in ('"""', "'''") else 1
    return text[quotes:-quotes].replace("\r\n", "\n").replace("\r", "\n"), raw


def _short(text: str) -> str:
    return text if len(text) <= 24 else text[:21] + "..."
