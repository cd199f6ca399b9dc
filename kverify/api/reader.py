"""Readers for one type at a time, built from attrs classes: the machinery under :mod:`kverify.api.decode`.

A reader takes plain data and returns a value, or :data:`BAD` after it has reported what is wrong.
"""

from __future__ import annotations

import calendar
import difflib
import re
import types
from collections.abc import Callable
from collections.abc import Mapping as MappingABC
from functools import cache
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import define, frozen

from kverify.api.base import EMPTY, Bits, FrozenMap, Timestamp, freeze, freeze_value, json_name, model_fields
from kverify.api.quantity import Quantity, QuantityError, parse_quantity
from kverify.api.types.history import FIELDS
from kverify.api.versions import GATES, effective_field, known_field, ordinal
from kverify.manifest.diagnostics import Diagnostic, Severity, shown
from kverify.manifest.nodes import Document, FieldPath, Scalar, format_path
from kverify.manifest.span import Span


class _Bad:
    """The one value that says "already reported"."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = _Bad()

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_MICRO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(Z|[+-]\d{2}:\d{2})", re.ASCII)
_DIGITS = re.compile(r"[+-]?\d+")
# No field has a longer name; what is longer is like none of them.
_LONGEST_NAME = 100
_YAML11_BOOLEANS = frozenset({"y", "n", "yes", "no", "on", "off"})


@define
class Context:
    """What is being decoded, and the problems found so far. Places are looked up only where there is a problem."""

    version: str
    document: Document
    object: str = ""
    diagnostics: list[Diagnostic] = attrs.field(factory=list)
    bad_paths: set[FieldPath] = attrs.field(factory=set)
    unknown_under: set[FieldPath] = attrs.field(factory=set)
    refused: bool = False

    def add(
        self,
        id: str,
        severity: Severity,
        path: FieldPath,
        message: str,
        mend: str = "",
        *,
        span: Span | None = None,
        text: str | None = None,
    ) -> None:
        """Report; ``span`` is another place than the field's value, ``text`` the path as printed when the API server
        prints another one than the field's own.
        """
        self.refused = self.refused or severity is Severity.ERROR
        self.diagnostics.append(
            Diagnostic(
                id=id,
                severity=severity,
                message=message,
                span=self.document.locate(path) if span is None else span,
                path=format_path(path) if text is None else text,
                object=self.object,
                mend=mend,
            )
        )

    def error(self, id: str, path: FieldPath, message: str, mend: str = "", *, span: Span | None = None) -> _Bad:
        self.add(id, Severity.ERROR, path, message, mend, span=span)
        self.bad_paths.add(path)
        return BAD

    def key_span(self, path: FieldPath) -> Span:
        """Where the key that ``path`` ends with is written."""
        return self.document.locate_key(path)

    def raw(self, path: FieldPath, value: float) -> str:
        """The scalar at ``path`` as it is written; ``value`` is what was read from it."""
        node = self.document.node(path)
        return node.raw if isinstance(node, Scalar) else str(value)

    def explains(self, path: FieldPath, missing: bool, whole: bool = False) -> bool:
        """Whether a decoding problem is the cause of a validation problem at ``path``: one at or above it, or, when
        something is ``missing``, an unknown field beside it; when it is about the ``whole`` of a value, one inside."""
        if whole and any(bad[: len(path)] == path for bad in self.bad_paths):
            return True
        if any(path[:length] in self.bad_paths for length in range(1, len(path) + 1)):
            return True
        if missing:
            return path[:-1] in self.unknown_under
        # A value that nobody wrote is a default, and may come of the field beside it: targetPort of port.
        beside = any(bad[:-1] == path[:-1] for bad in self.bad_paths)
        return beside and self.document.node(path) is None

    def finish(self) -> tuple[Diagnostic, ...]:
        """The diagnostics in the order of the text."""
        return tuple(sorted(self.diagnostics, key=lambda item: (item.span.line, item.span.column, item.id)))


# The way to a value: the way to what it is in, and its key or index there; None is the object itself. A pair for each
# step is what every value can afford, ``FieldPath`` is made for those with a problem.
Way: TypeAlias = "tuple[Way, str | int] | None"
Reader: TypeAlias = Callable[[Any, Way, Context], Any]


def path_of(way: Way) -> FieldPath:
    """The same way as a path."""
    steps: list[str | int] = []
    while way is not None:
        way, step = way
        steps.append(step)
    return tuple(reversed(steps))


@frozen
class Field:
    """One field of a shape: where the value goes and how it is read."""

    attribute: str
    read: Reader
    omit_zero: bool = False


@frozen
class Shape:
    """A class as the decoder sees it: JSON name to field."""

    name: str
    fields: dict[str, Field]


@cache
def shape_of(cls: type) -> Shape:
    hints = get_type_hints(cls, include_extras=True)
    fields = {
        json_name(attribute): Field(
            attribute.name, reader_of(hints[attribute.name]), attribute.metadata.get("omit_zero", False)
        )
        for attribute in model_fields(cls)
    }
    return Shape(cls.__name__, fields)


@cache
def _plan(cls: type, version: str) -> dict[str, tuple[str, Reader, bool, bool]]:
    """By JSON name: the attribute, its reader, whether Go drops its zero, and whether ``version`` treats the field as
    it is now. A tuple, because unpacking one is faster than asking for four attributes.
    """
    shape = shape_of(cls)
    return {
        key: (
            field.attribute,
            field.read,
            field.omit_zero,
            known_field(shape.name, key, version) and effective_field(shape.name, key, version),
        )
        for key, field in shape.fields.items()
    }


@cache
def reader_of(hint: Any) -> Reader:
    """The reader of a type hint. Raises ``TypeError`` for a hint no Kubernetes field has."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _time_reader(arguments[1]) if isinstance(arguments[1], Timestamp) else _integer_reader(arguments[1])
    if origin in (Union, types.UnionType):
        inner = tuple(argument for argument in arguments if argument is not type(None))
        return _read_int_or_string if set(inner) == {int, str} else reader_of(inner[0])
    if origin is tuple:
        return _list_reader(reader_of(arguments[0]), _zero_of(arguments[0]))
    if isinstance(origin, type) and issubclass(origin, MappingABC):
        return _read_opaque if arguments[1] is Any else _map_reader(reader_of(arguments[1]), _zero_of(arguments[1]))
    simple: dict[Any, Reader] = {
        str: _read_string,
        int: _integer_reader(Bits(64)),
        bool: _read_bool,
        float: _read_number,
        Quantity: _read_quantity,
    }
    if hint is Any:
        return _read_json
    if hint in simple:
        return simple[hint]
    if isinstance(hint, type) and attrs.has(hint):
        return lambda value, way, context: read_object(hint, value, way, context)
    raise TypeError(f"no field of a Kubernetes object has the type {hint!r}")


def read_object(cls: type, value: Any, way: Way, context: Context, **more: Any) -> Any:
    """An instance of ``cls``; fields with problems keep their default. ``BAD`` when the value is no mapping at all.

    ``more`` are attributes that no manifest can set.
    """
    if type(value) is not dict:
        return _wrong(value, way, context, "a mapping")
    plan = _plan(cls, context.version)
    for key, inner in value.items():
        field = plan.get(key)
        if field is None:
            _unknown(cls, key, way, context)
            continue
        attribute, read, omit_zero, settled = field
        if not settled and not _exists(cls, key, way, context):
            continue
        if inner is None:
            continue
        result = read(inner, (way, key), context)
        if result is BAD or (omit_zero and not result):
            continue
        if settled or _has_effect(cls, key, way, context):
            more[attribute] = result
    return cls(**more)


def _exists(cls: type, key: str, way: Way, context: Context) -> bool:
    """Whether the version has the field at all."""
    if known_field(cls.__name__, key, context.version):
        return True
    path = (*path_of(way), key)
    since, until = FIELDS[cls.__name__, key]
    early = ordinal(context.version) < ordinal(since)
    message = f"Kubernetes {context.version} does not know the field {key}"
    message += f"; it came with {since}." if early else f"; {until} removed it."
    context.error("KV1303", path, message, "remove it, or target another version", span=context.key_span(path))
    return False


def _has_effect(cls: type, key: str, way: Way, context: Context) -> bool:
    """Whether the version keeps the field, or drops it because a feature gate is off."""
    if effective_field(cls.__name__, key, context.version):
        return True
    path = (*path_of(way), key)
    gate = GATES[cls.__name__, key]
    message = f"{key} is dropped: the feature gate {gate.name} is off by default in {context.version}."
    span = context.key_span(path)
    context.add("KV1304", Severity.WARNING, path, message, "remove it, or turn the gate on", span=span)
    return False


def _read_string(value: Any, way: Way, context: Context) -> Any:
    if type(value) is str:
        return value
    if isinstance(value, (int, float)):
        path = path_of(way)
        raw = context.raw(path, value)
        if isinstance(value, bool):
            old = raw.lower() in _YAML11_BOOLEANS
            message = f"{raw} is a boolean{' in YAML 1.1' if old else ''}, and a text belongs here."
        else:
            message = f"{raw} is a number, and a text belongs here."
        return context.error("KV1102", path, message, f'quote it: "{raw}"')
    return _wrong(value, way, context, "a text")


@cache
def _time_reader(kind: Timestamp) -> Reader:
    """Times as Go's ``time.Parse`` takes them: of a micro time all six digits behind the second are written."""
    written = _MICRO_TIME if kind.micro else _TIME
    example = "2006-01-02T15:04:05.000000Z" if kind.micro else "2006-01-02T15:04:05Z"

    def read(value: Any, way: Way, context: Context) -> Any:
        text = _read_string(value, way, context)
        if text is not BAD and not (written.fullmatch(text) and _is_possible(text)):
            what = "a time to the microsecond" if kind.micro else "a time"
            return context.error("KV1106", path_of(way), f"{_short(text)} is not {what}.", f"write it as {example}")
        return text

    return read


def _is_possible(time: str) -> bool:
    """Whether there is such a day and such a minute; ``time`` is spelled as times are."""
    year, month, day, hour, minute, second = (int(part) for part in re.split("[-T:]", time[:19]))
    zone = [int(part) for part in time[-5:].split(":")] if time[-1] != "Z" else [0, 0]
    days = calendar.monthrange(year or 4, month)[1] if 1 <= month <= 12 else 0
    return 1 <= day <= days and hour < 24 and minute < 60 and second < 60 and zone[0] <= 24 and zone[1] < 60


def _read_bool(value: Any, way: Way, context: Context) -> Any:
    if type(value) is bool:
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        message = f"{value!r} is a text, and true or false belongs here."
        return context.error("KV1103", path_of(way), message, f"remove the quotes: {value.lower()}")
    return _wrong(value, way, context, "true or false")


def _read_number(value: Any, way: Way, context: Context) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return _wrong(value, way, context, "a number")


def _read_json(value: Any, way: Way, context: Context) -> Any:  # noqa: ARG001 (a reader of any value)
    return freeze_value(value)


@cache
def _integer_reader(bits: Bits) -> Reader:
    limit = 2 ** (bits.width - 1)

    def read(value: Any, way: Way, context: Context) -> Any:
        if type(value) is int and -limit <= value < limit:
            return value
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            message = f"{_short(value)} is a text, and a number belongs here."
            return context.error("KV1103", path_of(way), message, f"remove the quotes: {shown(value)}")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return _wrong(value, way, context, "a whole number")
        if isinstance(value, float):
            path = path_of(way)
            # YAML reaches the API server as JSON, and 3.0 as 3.
            if not value.is_integer():
                return context.error("KV1103", path, f"{shown(context.raw(path, value))} is not a whole number.")
            value = int(value)
        if not -limit <= value < limit:
            message = f"{value} does not fit into {bits.width} bits."
            return context.error("KV1105", path_of(way), message, f"the largest is {limit - 1}")
        return value

    return read


def _read_int_or_string(value: Any, way: Way, context: Context) -> Any:
    if type(value) is str:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _integer_reader(Bits(32))(value, way, context)
    return _wrong(value, way, context, "a whole number or a text")


def _read_quantity(value: Any, way: Way, context: Context) -> Any:
    if isinstance(value, (bool, dict, list)):
        return _wrong(value, way, context, "a quantity")
    try:
        return parse_quantity(value if isinstance(value, str) else _number_text(value))
    except QuantityError as error:
        path = path_of(way)
        node = context.document.node(path)
        span = node.part(error.start, error.end) if isinstance(node, Scalar) and isinstance(value, str) else None
        return context.error("KV1107", path, f"{sentence(str(error))}.", error.mend, span=span)


def _number_text(value: float | None) -> str:
    """A number as Go's JSON encoder writes it; ``null`` in a list of quantities is zero."""
    if value is None:
        return "0"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
        return repr(value)
    return str(value)


def _list_reader(read: Reader, zero: Callable[[], Any]) -> Reader:
    def read_list(value: Any, way: Way, context: Context) -> Any:
        if type(value) is not list:
            hint = "begin each item with a dash" if isinstance(value, dict) else ""
            return _wrong(value, way, context, "a list", hint)
        values = []
        for index, item in enumerate(value):
            if item is None:
                values.append(zero())
                continue
            result = read(item, (way, index), context)
            # A problem inside an item must not shift the others: validation prints their indexes.
            values.append(zero() if result is BAD else result)
        return tuple(values)

    return read_list


def _map_reader(read: Reader, zero: Callable[[], Any]) -> Reader:
    def read_map(value: Any, way: Way, context: Context) -> Any:
        if type(value) is not dict:
            return _wrong(value, way, context, "a mapping")
        values: dict[str, Any] = {}
        for key, item in value.items():
            if item is None:
                values[key] = zero()
                continue
            result = read(item, (way, key), context)
            if result is not BAD:
                values[key] = result
        return FrozenMap(values) if values else EMPTY

    return read_map


def _read_opaque(value: Any, way: Way, context: Context) -> Any:
    if type(value) is not dict:
        return _wrong(value, way, context, "a mapping")
    return freeze(value)


def _zero_of(hint: Any) -> Callable[[], Any]:
    """What Go has for a ``null`` item."""
    if hint is str:
        return str
    if hint is Quantity:
        return lambda: Quantity.of(0)
    if isinstance(hint, type) and attrs.has(hint):
        return hint
    return lambda: EMPTY if get_origin(hint) is not Annotated else 0


def _wrong(value: Any, way: Way, context: Context, wanted: str, mend: str = "") -> _Bad:
    path = path_of(way)
    if isinstance(value, dict):
        found = "a mapping"
    elif isinstance(value, list):
        found = "a list"
    elif isinstance(value, bool):
        found = f"the boolean {context.raw(path, value)}"
    elif isinstance(value, str):
        found = f"the text {_short(value)}"
    else:
        found = "nothing" if value is None else f"the number {shown(context.raw(path, value))}"
    id = "KV1104" if wanted in ("a mapping", "a list") or isinstance(value, (dict, list)) else "KV1103"
    return context.error(id, path, f"{sentence(found)} is here, and {wanted} belongs here.", mend)


def _unknown(cls: type, key: str, way: Way, context: Context) -> None:
    path = path_of(way)
    place = format_path(path) or "the object"
    message = f"{place} has no field {_short(key)}."
    here = (*path, key)
    span = context.key_span(here)
    context.add("KV1109", Severity.ERROR, here, sentence(message), _did_you_mean(cls, key), span=span)
    context.unknown_under.add(path)


_EARLIER_FIELDS = {
    ("IngressBackend", "serviceName"): "write service: {name: …, port: {number: …}}",
    ("IngressBackend", "servicePort"): "write it under service, as port: {number: …} or port: {name: …}",
    ("ResourceMetricSource", "targetAverageUtilization"): "write target: {type: Utilization, averageUtilization: …}",
    ("ResourceMetricSource", "targetAverageValue"): "write target: {type: AverageValue, averageValue: …}",
}
"""Fields of API versions before, by the class that has them no more: no name of today resembles what is meant."""


def _did_you_mean(cls: type, key: str) -> str:
    if (cls.__name__, key) in _EARLIER_FIELDS:
        return _EARLIER_FIELDS[cls.__name__, key]
    fields = shape_of(cls).fields
    folded = {name.lower(): name for name in fields}
    compact = key.replace("_", "").replace("-", "").lower()
    if compact in folded:
        return f"did you mean {folded[compact]}?"
    if len(key) > _LONGEST_NAME:
        return ""
    near = difflib.get_close_matches(key, list(fields), n=1, cutoff=0.75)
    if near:
        return f"did you mean {near[0]}?"
    for name, inner, many in _children(cls):
        if key in shape_of(inner).fields:
            return f"{key} belongs under {name}{'[]' if many else ''}"
    return ""


@cache
def _children(cls: type) -> tuple[tuple[str, type, bool], ...]:
    """The classes one level below: a field written one level too high is the commonest wrong indentation."""
    hints = get_type_hints(cls)
    found: list[tuple[str, type, bool]] = []
    for attribute in model_fields(cls):
        hint = hints[attribute.name]
        many = get_origin(hint) is tuple
        for candidate in (hint, *get_args(hint)):
            if isinstance(candidate, type) and attrs.has(candidate) and candidate is not Quantity:
                found.append((json_name(attribute), candidate, many))
    return tuple(found)


def _short(text: str) -> str:
    first = text if len(text) <= 40 else text[:37] + "..."
    return repr(first)


def sentence(text: str) -> str:
    """The text with a capital at its beginning, unless that is a field path."""
    return text[:1].upper() + text[1:] if text[:1].isalpha() and not text.startswith(("spec", "metadata")) else text
