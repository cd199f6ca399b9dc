"""``format`` and ``strings.quote`` (cel-go ``ext/formatting.go``, ``ext/strings.go``)."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from kverify.api.cel.functions.times import show_duration, show_timestamp
from kverify.api.cel.values import CelError, Duration, MapValue, Timestamp, TypeValue, Value, type_name

CLAUSE = re.compile(r"%(?:\.(?P<precision>\d+))?(?P<verb>.?)", re.DOTALL)
VERBS = "%sdfeboxX"
MAX_PRECISION = 1000

_QUOTED = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}
_NOT_FINITE = {"NaN": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def quote_text(text: str) -> str:
    return '"' + "".join(_QUOTED.get(character, character) for character in text) + '"'


def format_text(text: str, values: tuple[Value, ...]) -> Value:
    """``text`` with its clauses filled in from ``values``."""
    parts: list[str] = []
    position = used = 0
    for match in CLAUSE.finditer(text):
        parts.append(text[position : match.start()])
        position = match.end()
        verb = match["verb"]
        if verb == "%":
            parts.append("%")
            continue
        if not verb or verb not in VERBS:
            return CelError(f"could not parse formatting clause: unrecognized formatting clause {verb!r}")
        precision = int(match["precision"][:6]) if match["precision"] else None
        if precision is not None and precision > MAX_PRECISION:
            return CelError(f"precision {precision} exceeds {MAX_PRECISION}")
        if used >= len(values):
            return CelError(f"index {used} out of range")
        shown = _clause(verb, precision, values[used])
        used += 1
        if isinstance(shown, CelError):
            return shown
        parts.append(shown)
    return "".join((*parts, text[position:]))


def _clause(verb: str, precision: int | None, value: Value) -> str | CelError:
    wrong = CelError(f"error during formatting: %{verb} cannot show a {type_name(value)}")
    if verb == "s":
        return _text(value)
    if verb in "fe":
        return _decimal(verb, 6 if precision is None else precision, value) or wrong
    if isinstance(value, float) and not math.isfinite(value) and verb == "d":
        return _NOT_FINITE[_name(value)]
    if verb in "xX" and isinstance(value, (str, bytes)):
        data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        return data.hex() if verb == "x" else data.hex().upper()
    if verb == "b" and isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, bool) or not isinstance(value, int):
        return wrong
    return format(int(value), verb)


def _name(value: float) -> str:
    return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _decimal(verb: str, precision: int, value: Value) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return ""
    if isinstance(value, str):
        return {"NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity"}.get(value, "")
    number = float(value)
    if not math.isfinite(number):
        return _NOT_FINITE[_name(number)]
    return f"{number:.{precision}{verb}}"


def _text(value: Value) -> str | CelError:
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        if not math.isfinite(value):
            return _NOT_FINITE[_name(value)]
        return format(Decimal(repr(value)).normalize(), "f")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Timestamp):
        return show_timestamp(value)
    if isinstance(value, Duration):
        return show_duration(value)
    if isinstance(value, TypeValue):
        return value.name
    return _collection(value)


def _collection(value: Value) -> str | CelError:
    if isinstance(value, tuple):
        items = [_text(item) for item in value]
        wrong = next((item for item in items if isinstance(item, CelError)), None)
        return wrong or f"[{', '.join(map(str, items))}]"
    if isinstance(value, MapValue):
        shown: dict[str, str] = {}
        for key, item in value.items():
            name, text = _text(key), _text(item)
            if isinstance(name, CelError) or isinstance(text, CelError):
                return name if isinstance(name, CelError) else text
            shown[name] = text
        return "{" + ", ".join(f"{key}: {shown[key]}" for key in sorted(shown)) + "}"
    return CelError(f"error during formatting: %s cannot show a {type_name(value)}")
