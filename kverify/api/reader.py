"""Readers for one type at a time, built from attrs classes: the machinery under :mod:`kverify.api.decode`.

A reader takes a node and returns a value, or :data:`BAD` after it has reported what is wrong.
"""

from __future__ import annotations

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
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.nodes import FieldPath, Mapping, Node, Scalar, Sequence, format_path, to_plain
from kverify.manifest.span import Span


class _Bad:
    """The one value that says "already reported"."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = _Bad()

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
_YAML11_BOOLEANS = frozenset({"y", "n", "yes", "no", "on", "off"})


@define
class Context:
    """What is being decoded, and the problems found so far."""

    version: str
    object: str = ""
    diagnostics: list[Diagnostic] = attrs.field(factory=list)
    bad_paths: set[FieldPath] = attrs.field(factory=set)
    unknown_under: set[FieldPath] = attrs.field(factory=set)
    refused: bool = False

    def add(
        self,
        id: str,
        severity: Severity,
        span: Span,
        path: FieldPath,
        message: str,
        mend: str = "",
        text: str | None = None,
    ) -> None:
        """Report; ``text`` is the path as printed when the API server prints another one than the field's own."""
        self.refused = self.refused or severity is Severity.ERROR
        printed = format_path(path) if text is None else text
        self.diagnostics.append(
            Diagnostic(
                id=id, severity=severity, message=message, span=span, path=printed, object=self.object, mend=mend
            )
        )

    def error(self, id: str, span: Span, path: FieldPath, message: str, mend: str = "") -> _Bad:
        self.add(id, Severity.ERROR, span, path, message, mend)
        self.bad_paths.add(path)
        return BAD

    def explains(self, path: FieldPath, missing: bool) -> bool:
        """Whether a decoding problem is the cause of a validation problem at ``path``."""
        if any(path[:length] in self.bad_paths for length in range(1, len(path) + 1)):
            return True
        return missing and path[:-1] in self.unknown_under

    def finish(self) -> tuple[Diagnostic, ...]:
        """The diagnostics in the order of the text."""
        return tuple(sorted(self.diagnostics, key=lambda item: (item.span.line, item.span.column, item.id)))


Reader: TypeAlias = Callable[[Node, FieldPath, Context], Any]


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
def reader_of(hint: Any) -> Reader:
    """The reader of a type hint. Raises ``TypeError`` for a hint no Kubernetes field has."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _read_time if isinstance(arguments[1], Timestamp) else _integer_reader(arguments[1])
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
        return lambda node, path, context: read_object(hint, node, path, context)
    raise TypeError(f"no field of a Kubernetes object has the type {hint!r}")


def read_object(cls: type, node: Node, path: FieldPath, context: Context) -> Any:
    """An instance of ``cls``; fields with problems keep their default. ``BAD`` when the node is no mapping at all."""
    if not isinstance(node, Mapping):
        return _wrong(node, path, context, "a mapping")
    shape = shape_of(cls)
    values: dict[str, Any] = {}
    for entry in node.entries:
        key = str(entry.key.value)
        field = shape.fields.get(key)
        if field is None:
            _unknown(cls, shape, key, entry.key.span, path, context)
            continue
        here = (*path, key)
        history = FIELDS.get((shape.name, key))
        if history is not None and not known_field(shape.name, key, context.version):
            since, until = history
            early = ordinal(context.version) < ordinal(since)
            message = f"Kubernetes {context.version} does not know the field {key}"
            message += f"; it came with {since}." if early else f"; {until} removed it."
            context.error("KV1303", entry.key.span, here, message, "remove it, or target another version")
            continue
        if isinstance(entry.value, Scalar) and entry.value.value is None:
            continue
        value = field.read(entry.value, here, context)
        if value is BAD or (field.omit_zero and not value):
            continue
        gate = GATES.get((shape.name, key))
        if gate is not None and not effective_field(shape.name, key, context.version):
            message = f"{key} is dropped: the feature gate {gate.name} is off by default in {context.version}."
            context.add("KV1304", Severity.WARNING, entry.key.span, here, message, "remove it, or turn the gate on")
            continue
        values[field.attribute] = value
    return cls(**values)


def _read_string(node: Node, path: FieldPath, context: Context) -> Any:
    if isinstance(node, Scalar):
        if isinstance(node.value, str):
            return node.value
        if isinstance(node.value, bool):
            old = node.raw.lower() in _YAML11_BOOLEANS
            message = f"{node.raw} is a boolean{' in YAML 1.1' if old else ''}, and a text belongs here."
            return context.error("KV1102", node.span, path, message, f'quote it: "{node.raw}"')
        if isinstance(node.value, (int, float)):
            message = f"{node.raw} is a number, and a text belongs here."
            return context.error("KV1102", node.span, path, message, f'quote it: "{node.raw}"')
    return _wrong(node, path, context, "a text")


def _read_time(node: Node, path: FieldPath, context: Context) -> Any:
    value = _read_string(node, path, context)
    if value is not BAD and not _TIME.fullmatch(value):
        message = f"{value!r} is not a time."
        return context.error("KV1106", node.span, path, message, "write it as 2006-01-02T15:04:05Z")
    return value


def _read_bool(node: Node, path: FieldPath, context: Context) -> Any:
    if isinstance(node, Scalar):
        if isinstance(node.value, bool):
            return node.value
        if isinstance(node.value, str) and node.value.lower() in ("true", "false"):
            message = f"{node.value!r} is a text, and true or false belongs here."
            return context.error("KV1103", node.span, path, message, f"remove the quotes: {node.value.lower()}")
    return _wrong(node, path, context, "true or false")


def _read_number(node: Node, path: FieldPath, context: Context) -> Any:
    if isinstance(node, Scalar) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return float(node.value)
    return _wrong(node, path, context, "a number")


def _read_json(node: Node, path: FieldPath, context: Context) -> Any:  # noqa: ARG001 (a reader of any value)
    return freeze_value(to_plain(node))


@cache
def _integer_reader(bits: Bits) -> Reader:
    limit = 2 ** (bits.width - 1)

    def read(node: Node, path: FieldPath, context: Context) -> Any:
        if not isinstance(node, Scalar) or isinstance(node.value, bool):
            return _wrong(node, path, context, "a whole number")
        value = node.value
        if isinstance(value, str):
            if re.fullmatch(r"[+-]?\d+", value):
                message = f"{value!r} is a text, and a number belongs here."
                return context.error("KV1103", node.span, path, message, f"remove the quotes: {value}")
            return _wrong(node, path, context, "a whole number")
        if isinstance(value, float):
            # YAML reaches the API server as JSON, and 3.0 as 3.
            if not value.is_integer():
                return context.error("KV1103", node.span, path, f"{node.raw} is not a whole number.")
            value = int(value)
        assert value is not None
        if not -limit <= value < limit:
            message = f"{value} does not fit into {bits.width} bits."
            return context.error("KV1105", node.span, path, message, f"the largest is {limit - 1}")
        return value

    return read


def _read_int_or_string(node: Node, path: FieldPath, context: Context) -> Any:
    if isinstance(node, Scalar):
        if isinstance(node.value, str):
            return node.value
        if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return _integer_reader(Bits(32))(node, path, context)
    return _wrong(node, path, context, "a whole number or a text")


def _read_quantity(node: Node, path: FieldPath, context: Context) -> Any:
    if not isinstance(node, Scalar) or isinstance(node.value, bool):
        return _wrong(node, path, context, "a quantity")
    value = node.value
    try:
        return parse_quantity(value if isinstance(value, str) else _number_text(value))
    except QuantityError as error:
        span = node.part(error.start, error.end) if isinstance(value, str) else node.span
        return context.error("KV1107", span, path, f"{_sentence(str(error))}.", error.mend)


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
    def read_list(node: Node, path: FieldPath, context: Context) -> Any:
        if not isinstance(node, Sequence):
            hint = "begin each item with a dash" if isinstance(node, Mapping) else ""
            return _wrong(node, path, context, "a list", hint)
        values = []
        for index, item in enumerate(node.items):
            if isinstance(item, Scalar) and item.value is None:
                values.append(zero())
                continue
            value = read(item, (*path, index), context)
            # A problem inside an item must not shift the others: validation prints their indexes.
            values.append(zero() if value is BAD else value)
        return tuple(values)

    return read_list


def _map_reader(read: Reader, zero: Callable[[], Any]) -> Reader:
    def read_map(node: Node, path: FieldPath, context: Context) -> Any:
        if not isinstance(node, Mapping):
            return _wrong(node, path, context, "a mapping")
        values: dict[str, Any] = {}
        for entry in node.entries:
            key = str(entry.key.value)
            if isinstance(entry.value, Scalar) and entry.value.value is None:
                values[key] = zero()
                continue
            value = read(entry.value, (*path, key), context)
            if value is not BAD:
                values[key] = value
        return FrozenMap(values) if values else EMPTY

    return read_map


def _read_opaque(node: Node, path: FieldPath, context: Context) -> Any:
    if not isinstance(node, Mapping):
        return _wrong(node, path, context, "a mapping")
    return freeze(to_plain(node))  # type: ignore[arg-type]


def _zero_of(hint: Any) -> Callable[[], Any]:
    """What Go has for a ``null`` item."""
    if hint is str:
        return str
    if hint is Quantity:
        return lambda: Quantity.of(0)
    if isinstance(hint, type) and attrs.has(hint):
        return hint
    return lambda: EMPTY if get_origin(hint) is not Annotated else 0


def _wrong(node: Node, path: FieldPath, context: Context, wanted: str, mend: str = "") -> _Bad:
    if isinstance(node, Mapping):
        found = "a mapping"
    elif isinstance(node, Sequence):
        found = "a list"
    elif isinstance(node.value, bool):
        found = f"the boolean {node.raw}"
    elif isinstance(node.value, str):
        found = f"the text {_short(node.value)}"
    else:
        found = "nothing" if node.value is None else f"the number {node.raw}"
    id = "KV1104" if wanted in ("a mapping", "a list") or not isinstance(node, Scalar) else "KV1103"
    return context.error(id, node.span, path, f"{_sentence(found)} is here, and {wanted} belongs here.", mend)


def _unknown(cls: type, shape: Shape, key: str, span: Span, path: FieldPath, context: Context) -> None:
    place = format_path(path) or "the object"
    message = f"{place} has no field {key!r}."
    context.add("KV1109", Severity.ERROR, span, (*path, key), _sentence(message), _did_you_mean(cls, shape, key))
    context.unknown_under.add(path)


def _did_you_mean(cls: type, shape: Shape, key: str) -> str:
    folded = {name.lower(): name for name in shape.fields}
    compact = key.replace("_", "").replace("-", "").lower()
    if compact in folded:
        return f"did you mean {folded[compact]}?"
    near = difflib.get_close_matches(key, list(shape.fields), n=1, cutoff=0.75)
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


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if text[:1].isalpha() and not text.startswith(("spec", "metadata")) else text
