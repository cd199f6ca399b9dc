"""What every typed object is made of: immutable maps, integer widths, and JSON names of fields.

Fields are written in Python style. Their JSON name is the camel-cased attribute name; where Kubernetes spells an
acronym in capitals (``podIP``) the name is given to :func:`api_field`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Annotated, Any, NoReturn, TypeAlias, TypeVar

import attrs

from kverify.naming import camel_case

K = TypeVar("K")
V = TypeVar("V")


@attrs.frozen
class Bits:
    """The width of a Go integer type; the decoder refuses numbers that do not fit, as the API server does."""

    width: int


Int32: TypeAlias = Annotated[int, Bits(32)]
Int64: TypeAlias = Annotated[int, Bits(64)]
IntOrString: TypeAlias = int | str
"""``intstr.IntOrString``: ``3`` or ``"25%"``; ``"3"`` stays a string."""

Opaque: TypeAlias = Mapping[str, Any]
"""A mapping kverify does not look into: kept as plain values, its keys are not checked."""

Json: TypeAlias = Any
"""Any JSON value at all (``runtime.RawExtension``, ``apiextensions.JSON``), kept as plain frozen values."""


_INTEGER = re.compile(r"([+-]?)0*([0-9]{1,19})")


def atoi(text: str) -> int | None:
    """What Go's ``strconv.Atoi`` reads, or None: ASCII digits with a sign, of a number that fits into 64 bits."""
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    number = int(match[1] + match[2])
    return number if -(2**63) <= number < 2**63 else None


@attrs.frozen
class Timestamp:
    """Marks a string as an RFC 3339 time (``metav1.Time``), to the microsecond if ``micro`` (``metav1.MicroTime``)."""

    micro: bool = False


Time: TypeAlias = Annotated[str, Timestamp()]
MicroTime: TypeAlias = Annotated[str, Timestamp(micro=True)]


_COMPARED: dict[type, Callable[[Any], object]] = {}


def _compared(cls: type) -> Callable[[Any], object]:
    """What two objects of a class must agree in to be equal: the values of all fields but where it was written."""
    names = [attribute.name for attribute in model_fields(cls)]
    return _COMPARED.setdefault(cls, attrgetter(*names) if names else lambda _: ())


class Typed:
    """What every typed object can: be compared, hashed and shown by its fields.

    attrs would write and compile these methods for each of 400 classes, at every start.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        cls = type(self)
        if type(other) is not cls:
            return NotImplemented
        values = _COMPARED.get(cls) or _compared(cls)
        return values(self) == values(other)

    def __hash__(self) -> int:
        cls = type(self)
        return hash((cls, (_COMPARED.get(cls) or _compared(cls))(self)))

    def __repr__(self) -> str:
        cls = type(self)
        values = (f"{attribute.name}={getattr(self, attribute.name)!r}" for attribute in model_fields(cls))
        return f"{cls.__qualname__}({', '.join(values)})"


class FrozenMap(dict[K, V]):
    """An immutable, hashable, picklable ``dict``: what typed objects hold where Kubernetes has a map."""

    __slots__ = ("_hash",)

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("typed objects are immutable; build a new one with attrs.evolve")

    __setitem__ = __delitem__ = _refuse
    __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        try:
            return self._hash
        except AttributeError:
            self._hash: int = hash(frozenset(self.items()))
            return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        return (FrozenMap, (dict(self),))


EMPTY: FrozenMap[Any, Any] = FrozenMap()


def freeze(value: Mapping[Any, Any] | None) -> Mapping[Any, Any] | None:
    """``value`` as a :class:`FrozenMap`, deeply: nested mappings and lists too. ``None`` stays ``None``."""
    if value is None or type(value) is FrozenMap:
        return value
    return FrozenMap({key: freeze_value(item) for key, item in value.items()})


def freeze_value(value: Any) -> Any:
    """Any plain JSON value, deeply immutable: maps are :class:`FrozenMap`, lists are tuples."""
    if isinstance(value, Mapping):
        return freeze(value)
    if isinstance(value, (list, tuple)):
        return tuple(freeze_value(item) for item in value)
    return value


def api_field(
    default: Any,
    *,
    json: str | None = None,
    list_type: str | None = None,
    list_keys: tuple[str, ...] = (),
    patch: str | None = None,
    merge_key: str | None = None,
    map_type: str | None = None,
    omit_zero: bool = False,
    null: bool = False,
) -> Any:
    """A field that needs more than a default.

    ``json`` is its JSON name where that is not the camel-cased attribute name. The rest says how apply merges it:
    ``list_type`` (``set`` or ``map``; a list without it is atomic), ``list_keys`` and ``map_type`` server-side,
    ``patch`` (``merge``, ``retainKeys``, both, or ``replace``) and ``merge_key`` in a strategic merge patch. A map
    holds :data:`EMPTY` when it is absent, as in Go (``len(m) == 0``).

    ``omit_zero``: the field is a Go value with ``omitempty``, so a written ``""``, ``0`` or ``false`` is read as an
    absent field and never printed. ``null``: an absent or empty field is printed as ``null``.
    """
    known = {
        "json": json,
        "list_type": list_type,
        "list_keys": list_keys,
        "patch": patch,
        "merge_key": merge_key,
        "map_type": map_type,
        "omit_zero": omit_zero,
        "null": null,
    }
    converter = freeze if isinstance(default, Mapping) else None
    return attrs.field(
        default=freeze(default) if converter else default,
        converter=converter,
        metadata={key: value for key, value in known.items() if value},
    )


def json_name(attribute: attrs.Attribute[Any]) -> str:
    """The key of a field in a manifest."""
    return str(attribute.metadata.get("json") or camel_case(attribute.name))


def model_fields(cls: type) -> Iterator[attrs.Attribute[Any]]:
    """The fields a manifest can set: all but where the object was written, which has no part in equality."""
    for attribute in attrs.fields(cls):
        if attribute.eq:
            yield attribute
