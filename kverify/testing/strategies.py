"""Hypothesis strategies for every kind of object that kverify has a class for.

``objects`` draws what can be written down: every field may have any value of its type. ``valid_objects`` draws what the
API server accepts. Both are sparse, a few fields at each level, so that examples stay readable and shrink well.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st

from kverify.api.base import Bits, FrozenMap, Timestamp, freeze_value, json_name, model_fields
from kverify.api.object import KubeObject
from kverify.api.quantity import Quantity, parse_quantity
from kverify.api.registry import TYPED, class_of
from kverify.api.versions import DEFAULT_VERSION, effective_field, known_field
from kverify.testing.repair import accepted
from kverify.testing.smallest import minimal

T = TypeVar("T")

_FIELDS = 4
"""Fields drawn at most at each level."""

_WORDS = ("a", "web", "shop", "data", "v1", "true", "no", "1", "1e3", "~", "a.b/c", "x y", "ünï", "line\nline", "-", "")


def texts() -> st.SearchStrategy[str]:
    """Words, words that YAML takes for something else, and any text that YAML can carry."""
    wild = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8)
    return st.one_of(st.sampled_from(_WORDS), wild)


def quantities() -> st.SearchStrategy[Quantity]:
    """Quantities in every notation the API server reads."""
    numbers = st.decimals(min_value=-(10**6), max_value=10**6, places=3, allow_nan=False).map(str)
    suffixes = st.sampled_from(["", "n", "u", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "e3", "E-2"])
    return st.tuples(numbers, suffixes).map(lambda parts: parse_quantity("".join(parts)))


def json_values() -> st.SearchStrategy[Any]:
    """Plain JSON values, frozen as typed objects hold them."""
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False, width=32),
        texts(),
    )
    nested = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3),
        max_leaves=6,
    )
    return nested.map(freeze_value)


def objects(
    kind: str | None = None, api_version: str | None = None, version: str = DEFAULT_VERSION
) -> st.SearchStrategy[KubeObject]:
    """Objects of a kind (without one: of any) with fields of Kubernetes ``version``, whether or not they make sense.

    Raises ``ValueError`` for a kind that has no class.
    """
    chosen = [key for key in TYPED if kind in (None, key[1]) and api_version in (None, key[0])]
    if not chosen:
        raise ValueError(f"no class for {kind or 'any kind'} of {api_version or 'any apiVersion'}")
    classes = [cls for cls in (class_of(*key) for key in chosen) if cls is not None]
    return st.one_of([typed(cls, version) for cls in classes])


def typed(cls: type[T], version: str = DEFAULT_VERSION) -> st.SearchStrategy[T]:
    """Instances of any class of ``kverify.api.types``: ``typed(PodSpec)``."""
    found: st.SearchStrategy[T] = _of_class(cls, version, 3)  # type: ignore[arg-type]  # classes can be hashed
    return found


@st.composite
def valid_objects(
    draw: st.DrawFn, kind: str, api_version: str | None = None, version: str = DEFAULT_VERSION
) -> KubeObject:
    """Objects that the API server accepts, defaulted: the smallest valid object of the kind, and whatever of an
    arbitrary one can be added to it.

    Raises ``ValueError`` for a kind that has no class.
    """
    extra = draw(objects(kind, api_version, version))
    return accepted(minimal(extra.api_version, extra.kind), extra, version)


@cache
def _of_class(cls: Any, version: str, depth: int) -> st.SearchStrategy[Any]:
    """``depth`` more levels of objects; below them every field keeps its default."""
    hints = get_type_hints(cls, include_extras=True)
    fields = {
        attribute.name: (hints[attribute.name], "omit_zero" in attribute.metadata)
        for attribute in model_fields(cls)
        if attribute.name not in ("api_version", "kind") or not issubclass(cls, KubeObject)
        if known_field(cls.__name__, json_name(attribute), version)
        and effective_field(cls.__name__, json_name(attribute), version)
    }

    @st.composite
    def build(draw: st.DrawFn) -> Any:
        names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=_FIELDS, unique=True)) if fields else []
        values = {name: draw(_of_hint(fields[name][0], version, depth)) for name in names}
        # Of these fields a zero is the same as none, and reading it gives none.
        return cls(**{name: value for name, value in values.items() if value or not fields[name][1]})

    return build() if depth else st.just(cls())


def _of_hint(hint: Any, version: str, depth: int) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        if isinstance(arguments[1], Timestamp):
            whole = [] if arguments[1].micro else ["2026-01-02T03:04:05Z"]
            return st.sampled_from([*whole, "2026-01-02T03:04:05.000006Z"])
        assert isinstance(arguments[1], Bits)
        limit = 2 ** (arguments[1].width - 1)
        return st.one_of(st.integers(-1, 10), st.integers(-limit, limit - 1))
    if origin in (Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not type(None)]
        return st.one_of([_of_hint(int_or_string(argument), version, depth) for argument in inner])
    if origin is tuple:
        return st.lists(_of_hint(arguments[0], version, depth), max_size=2).map(tuple)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(texts(), _of_hint(arguments[1], version, depth), max_size=2).map(FrozenMap)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: texts(),
        bool: st.booleans(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        Quantity: quantities(),
        Any: json_values(),
    }
    if hint in simple:
        return simple[hint]
    assert attrs.has(hint), hint
    return st.deferred(lambda: _of_class(hint, version, depth - 1))


def int_or_string(hint: Any) -> Any:
    """The number of an ``intstr.IntOrString`` has 32 bits."""
    return Annotated[int, Bits(32)] if hint is int else hint
