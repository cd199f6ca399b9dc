"""Whether a value fits a schema, and the faults at the paths that the API server prints.

Source: ``kube-openapi/pkg/validation/validate`` and ``ValidateCustomResource`` of
``k8s.io/apiextensions-apiserver/pkg/apiserver/validation``. Every part of a schema is asked, whatever the others say;
of the alternatives of ``anyOf`` and ``oneOf`` the faults of the one that fits best are told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from kverify.api.custom.schema import Schema
from kverify.api.languages.regexp import RegexpError, compile_regexp
from kverify.api.validation.metadata import shorten
from kverify.api.validation.report import CUSTOM, REQUIRED, UNSUPPORTED, Path, Report
from kverify.api.versions import crd_formats

Json = Any
Way = tuple[str | int, ...]

NO_PATH = "<nil>"
"""What the API server prints where it has no path."""

_INT32, _INT64 = 2**31, 2**63
_FLOAT32_MAX = 3.4028234663852886e38
_BOUNDS = {"int32": _INT32, "int64": _INT64}


@frozen
class Fault:
    """``whole``: the API server prints the path of the whole value for it. ``blocking``: rules are not evaluated."""

    way: Way
    message: str
    mend: str = ""
    id: str = CUSTOM
    whole: bool = False
    blocking: bool = False
    at_key: bool = False


def report_faults(faults: Sequence[Fault], base: Path, report: Report) -> None:
    """Report ``faults`` of the value at ``base``."""
    for fault in faults:
        place = walk_to(base, fault.way)
        if fault.whole:
            place = place.printed(base.text or NO_PATH)
        report.error(fault.id, place, fault.message, fault.mend, at_key=fault.at_key)


def walk_to(base: Path, way: Way) -> Path:
    """The place below ``base``; keys are printed after dots, also those of maps."""
    for step in way:
        base = base.index(step) if isinstance(step, int) else base.child(step)
    return base


def faults_of(value: Json, schema: Schema, version: str) -> list[Fault]:
    """Everything about ``value`` that does not fit ``schema``."""
    return _check(value, schema, (), version).faults


def format_of(schema: Schema, version: str) -> str:
    """The format that is checked; others are ignored (``StripUnsupportedFormatsPostProcessorForVersion``)."""
    known = crd_formats(version).get(schema.type or "string", frozenset())
    return schema.format if schema.format.replace("-", "") in known else ""


@define
class _Result:
    """``matches`` counts what was looked at: of several alternatives the one that got furthest is told about."""

    faults: list[Fault] = field(factory=list)
    matches: int = 0

    def add(self, other: _Result) -> None:
        self.faults += [fault for fault in other.faults if fault not in self.faults]
        self.matches += other.matches


def _check(value: Json, schema: Schema, way: Way, version: str) -> _Result:
    result = _Result()
    kind = kind_of(value)
    if value is None:
        result.add(_type(value, kind, schema, way, version))
        result.add(_enum(value, schema, way))
        return result
    checks: list[Callable[[], _Result]] = []
    if schema.type or format_of(schema, version):
        checks.append(lambda: _type(value, kind, schema, way, version))
    checks.append(lambda: _combinations(value, schema, way, version))
    if kind == "string":
        checks.append(lambda: _text(value, schema, way))
        checks.append(lambda: _format(value, schema, way, version))
    elif kind in ("integer", "number"):
        checks.append(lambda: _number(value, schema, way, version))
    elif kind == "array":
        checks.append(lambda: _list(value, schema, way, version))
    elif kind == "object":
        checks.append(lambda: _object(value, schema, way, version))
    checks.append(lambda: _enum(value, schema, way))
    for check in checks:
        result.add(check())
        result.matches += 1
    result.matches += 1
    return result


def kind_of(value: Json) -> str:
    """The JSON type of a plain value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "object" if isinstance(value, Mapping) else "array"


# -- types and choices -----------------------------------------------------------------------------------------------


def _type(value: Json, kind: str, schema: Schema, way: Way, version: str) -> _Result:
    wanted = schema.type
    if kind == "null":
        fits = not wanted or wanted == "null" or schema.nullable
    elif kind in ("string", "array") and wanted not in ("integer", "number") and format_of(schema, version):
        fits = True
    else:
        fits = wanted == kind or (wanted, kind) == ("number", "integer")
        fits = fits or (wanted == "integer" and kind == "number" and float(value).is_integer())
    if fits:
        return _Result([], 1)
    known = {"array": "a list", "object": "a mapping", "string": "a text", "boolean": "true or false"}
    known |= {"integer": "a whole number", "number": "a number"}
    found = known.get(kind, "nothing") if kind != "boolean" else "a boolean"
    what = known.get(wanted, f"a value of the format {schema.format}")
    mend = ""
    if wanted == "string" and kind in ("integer", "number", "boolean"):
        mend = f'quote it: "{str(value).lower() if kind == "boolean" else value}"'
    return _Result(
        [Fault(way, f"{found[:1].upper()}{found[1:]} is here, and {what} belongs here.", mend, blocking=True)]
    )


def _enum(value: Json, schema: Schema, way: Way) -> _Result:
    if not schema.enum or any(_is_choice(value, choice) for choice in schema.enum):
        return _Result()
    choices = [str(choice) for choice in schema.enum]
    near = [choice for choice in choices if choice.lower() == str(value).lower()]
    mend = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(choices)}"
    message = f"{shorten(str(value)) if value is not None else 'null'} is not one of the values that the schema allows."
    return _Result([Fault(way, message, mend, UNSUPPORTED, blocking=True)])


def _is_choice(value: Json, choice: Json) -> bool:
    """Go converts the value to the type of the choice first: a number loses its fraction. ``null`` is never one."""
    if value is None or choice is None:
        return False
    if isinstance(value, float) and isinstance(choice, int) and not isinstance(choice, bool) and math.isfinite(value):
        value = int(value)
    return same(value, choice)


def same(first: Json, second: Json) -> bool:
    """Deep equality of plain values; a boolean is no number."""
    if isinstance(first, bool) != isinstance(second, bool):
        return False
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


# -- combinations ----------------------------------------------------------------------------------------------------


def _combinations(value: Json, schema: Schema, way: Way, version: str) -> _Result:
    result = _Result()
    if schema.any_of:
        results = [_check(value, inner, way, version) for inner in schema.any_of]
        valid = next((one for one in results if not one.faults), None)
        if valid is None:
            result.faults.append(_composite(way, "The value fits none of the schemas of anyOf."))
        result.add(valid or _best(results))
    if schema.one_of:
        results = [_check(value, inner, way, version) for inner in schema.one_of]
        valids = [one for one in results if not one.faults]
        if len(valids) == 1:
            result.add(valids[0])
        elif valids:
            message = f"The value fits {len(valids)} of the schemas of oneOf, and must fit exactly one."
            result.faults.append(_composite(way, message))
        else:
            result.faults.append(_composite(way, "The value fits none of the schemas of oneOf."))
            result.add(_best(results))
    if schema.all_of:
        results = [_check(value, inner, way, version) for inner in schema.all_of]
        for one in results:
            result.add(one)
        if any(one.faults for one in results):
            result.faults.append(_composite(way, "The value must fit all schemas of allOf."))
    if schema.not_ is not None and not _check(value, schema.not_, way, version).faults:
        result.faults.append(_composite(way, "The value fits the schema of not, and must not."))
    result.matches += 1
    return result


def _composite(way: Way, message: str) -> Fault:
    return Fault(way, message, whole=True)


def _best(results: Sequence[_Result]) -> _Result:
    best = results[0]
    for result in results[1:]:
        if result.matches > best.matches:
            best = result
    return best


# -- texts and numbers -----------------------------------------------------------------------------------------------


def _text(value: str, schema: Schema, way: Way) -> _Result:
    """One fault at most: the first that Go finds."""
    length = len(value)
    if schema.max_length is not None and length > schema.max_length:
        message = f"The text has {length} characters, and the schema allows {schema.max_length}."
        return _Result([Fault(way, message, blocking=True)])
    if schema.min_length is not None and length < schema.min_length:
        message = f"The text has {length} characters, and the schema asks for at least {schema.min_length}."
        return _Result([Fault(way, message)])
    if schema.pattern:
        try:
            matches = compile_regexp(schema.pattern).matches(value)
        except RegexpError:
            matches = False
        if not matches:
            message = f"{shorten(value)} does not match the pattern {shorten(schema.pattern)}."
            return _Result([Fault(way, message)])
    return _Result()


def _format(value: str, schema: Schema, way: Way, version: str) -> _Result:
    from kverify.api.languages.string_formats import FORMATS

    name = format_of(schema, version)
    fits = FORMATS.get(name.replace("-", "")) if name else None
    if fits is None or fits(value):
        return _Result()
    return _Result([Fault(way, f"{shorten(value)} does not have the format {name}.", blocking=True)])


def _number(value: float, schema: Schema, way: Way, version: str) -> _Result:
    faults: list[Fault] = []
    name = format_of(schema, version)
    bound = _BOUNDS.get(name)
    if bound is not None and not -bound <= value < bound:
        faults.append(Fault(way, f"{value} does not fit into {name}.", whole=True))
    if name == "float" and math.isfinite(value) and abs(value) > _FLOAT32_MAX:
        faults.append(Fault(way, f"{value} does not fit into 32 bits.", whole=True))
    factor = _limit(value, schema.multiple_of)
    if factor is not None and not _is_multiple(value, factor):
        faults.append(Fault(way, f"{value} is not a multiple of {schema.multiple_of:g}."))
    most, least = _limit(value, schema.maximum), _limit(value, schema.minimum)
    if most is not None and (value >= most if schema.exclusive_maximum else value > most):
        what = "less than" if schema.exclusive_maximum else "at most"
        faults.append(Fault(way, f"{value} is too large: it must be {what} {schema.maximum:g}."))
    if least is not None and (value <= least if schema.exclusive_minimum else value < least):
        what = "greater than" if schema.exclusive_minimum else "at least"
        faults.append(Fault(way, f"{value} is too small: it must be {what} {schema.minimum:g}."))
    return _Result(faults, 1)


def _limit(value: float, limit: float | None) -> float | None:
    """Whole numbers are compared with the limit without its fraction."""
    if limit is None or not isinstance(value, int) or not math.isfinite(limit):
        return limit
    return int(limit)


def _is_multiple(value: float, factor: float) -> bool:
    if factor < 0:
        return False
    if isinstance(value, int) and isinstance(factor, int):
        return factor != 0 and value % factor == 0
    if factor == 0 or not math.isfinite(value):
        return False
    quotient = value / factor if factor >= 1 else 1 / factor * value
    return math.isfinite(quotient) and abs(quotient - round(quotient)) < 1e-9


# -- lists and objects -----------------------------------------------------------------------------------------------


def _list(value: Sequence[Json], schema: Schema, way: Way, version: str) -> _Result:
    result = _Result()
    if schema.items is not None:
        for index, item in enumerate(value):
            result.add(_check(item, schema.items, (*way, index), version))
    if schema.min_items is not None and len(value) < schema.min_items:
        message = f"The list has {len(value)} items, and the schema asks for at least {schema.min_items}."
        result.faults.append(Fault(way, message))
    if schema.max_items is not None and len(value) > schema.max_items:
        message = f"The list has {len(value)} items, and the schema allows {schema.max_items}."
        result.faults.append(Fault(way, message, blocking=True))
    if schema.unique_items and any(same(a, b) for i, a in enumerate(value) for b in value[:i]):
        result.faults.append(Fault(way, "The list has an item twice."))
    result.matches += 1
    return result


def _object(value: Mapping[str, Json], schema: Schema, way: Way, version: str) -> _Result:
    if schema.min_properties is not None and len(value) < schema.min_properties:
        message = f"The mapping has {len(value)} fields, and the schema asks for at least {schema.min_properties}."
        return _Result([Fault(way, message)])
    if schema.max_properties is not None and len(value) > schema.max_properties:
        message = f"The mapping has {len(value)} fields, and the schema allows {schema.max_properties}."
        return _Result([Fault(way, message, blocking=True)])
    result = _Result()
    for key, item in value.items():
        known = schema.properties.get(key)
        if known is not None:
            result.add(_check(item, known, (*way, key), version))
        elif schema.additional_allowed is False:
            fault = Fault(way, f"{shorten(key)} is not one of the fields that the schema allows.", "remove it")
            result.faults.append(fault)
        elif schema.additional is not None:
            result.add(_check(item, schema.additional, (*way, key), version))
    for key in schema.required:
        if key not in value:
            message = f"{shorten(key)} is required by the schema."
            result.faults.append(Fault((*way, key), message, f"add {shorten(key)}", REQUIRED, blocking=True))
    return result


def below(faults: Sequence[Fault], way: Way) -> list[Fault]:
    """``faults`` of a value that stands at ``way`` of another."""
    return [evolve(fault, way=(*way, *fault.way)) for fault in faults]
