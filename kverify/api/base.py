"""What every typed object is made of: immutable maps, integer widths, and JSON names of fields.

Fields are written in Python style. Their JSON name is the camel-cased attribute name; where Kubernetes spells an
acronym in capitals (``podIP``) the name is given with :func:`named`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, NoReturn, TypeAlias, TypeVar

import attrs

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


@attrs.frozen
class Timestamp:
    """Marks a string as an RFC 3339 time (``metav1.Time``)."""


Time: TypeAlias = Annotated[str, Timestamp()]


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
    return FrozenMap({key: _freeze_value(item) for key, item in value.items()})


def _freeze_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return freeze(value)
    if isinstance(value, (list, tuple)):
        return tuple(_freeze_value(item) for item in value)
    return value


def mapping(json: str | None = None) -> Any:
    """A map field; absent and empty are the same, as in Go (``len(m) == 0``)."""
    return attrs.field(default=EMPTY, converter=freeze, metadata={"json": json} if json else None)


def opaque(json: str | None = None) -> Any:
    """An optional map whose content kverify does not read (see :data:`Opaque`); absent is ``None``."""
    return attrs.field(default=None, converter=freeze, metadata={"json": json} if json else None)


def named(json: str, default: Any = None) -> Any:
    """A field whose JSON name is not its camel-cased attribute name."""
    return attrs.field(default=default, metadata={"json": json})


@cache
def camel_case(name: str) -> str:
    """``node_selector`` → ``nodeSelector``."""
    head, *tail = name.rstrip("_").split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def json_name(attribute: attrs.Attribute[Any]) -> str:
    """The key of a field in a manifest."""
    return str(attribute.metadata.get("json") or camel_case(attribute.name))


def model_fields(cls: type) -> Iterator[attrs.Attribute[Any]]:
    """The fields a manifest can set: every attrs field but ``source``."""
    for attribute in attrs.fields(cls):
        if attribute.name != "source":
            yield attribute
