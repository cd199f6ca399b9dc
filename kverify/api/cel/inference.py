"""Assignability of types with type parameters, as ``checker/types.go`` of cel-go decides it."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from kverify.api.cel.types import DYN, Type

_NULLABLE = frozenset({"null", "timestamp", "duration", "object", "opaque"})


@define
class Mapping:
    """What each type parameter stands for, as far as it is known."""

    known: dict[Type, Type] = field(factory=dict)

    def assignable(self, target: Type, source: Type) -> bool:
        """Whether a ``source`` can be used as ``target``; what is learned about parameters is kept if it can."""
        attempt = dict(self.known)
        if _assignable(attempt, target, source):
            self.known = attempt
            return True
        return False

    def all_assignable(self, targets: tuple[Type, ...], sources: tuple[Type, ...]) -> bool:
        attempt = dict(self.known)
        if _all_assignable(attempt, targets, sources):
            self.known = attempt
            return True
        return False

    def substitute(self, type_: Type, unknown_is_dyn: bool = False) -> Type:
        """``type_`` with its parameters replaced."""
        return substitute(self.known, type_, unknown_is_dyn)


def substitute(known: dict[Type, Type], type_: Type, unknown_is_dyn: bool = False) -> Type:
    while type_.kind == "param" and type_ in known:
        type_ = known[type_]
    if type_.kind == "param":
        return DYN if unknown_is_dyn else type_
    if not type_.params:
        return type_
    params = [substitute(known, inner, unknown_is_dyn) for inner in type_.params]
    return Type(type_.kind, type_.name, tuple(params))


def most_general(first: Type, second: Type) -> Type:
    return first if _equal_or_less_specific(first, second) else second


def _is_wild(type_: Type) -> bool:
    return type_.kind in ("dyn", "error")


def _all_assignable(known: dict[Type, Type], targets: Iterable[Type], sources: Iterable[Type]) -> bool:
    firsts, seconds = tuple(targets), tuple(sources)
    if len(firsts) != len(seconds):
        return False
    return all(_assignable(known, first, second) for first, second in zip(firsts, seconds, strict=True))


def _assignable(known: dict[Type, Type], first: Type, second: Type) -> bool:
    if second.kind == "param":
        valid, has_substitution = _bind(known, first, second)
        if valid:
            return True
        if has_substitution:
            return False
    if first.kind == "param":
        return _bind(known, second, first)[0]
    if _is_wild(first) or _is_wild(second):
        return True
    if first.kind == "null":
        return second.kind in _NULLABLE
    if second.kind == "null":
        return first.kind in _NULLABLE
    if first.kind != second.kind:
        return False
    if first.kind == "type":
        return True
    if first.kind in ("list", "map", "opaque"):
        return first.name == second.name and _all_assignable(known, first.params, second.params)
    return first == second


def _bind(known: dict[Type, Type], type_: Type, parameter: Type) -> tuple[bool, bool]:
    """``isValidTypeSubstitution``: whether ``parameter`` can stand for ``type_``, and whether it stood for something
    already."""
    if type_ == parameter:
        return True, True
    present = known.get(parameter)
    if present is not None:
        if type_ == present:
            return True, True
        if _assignable(known, type_, present):
            general = most_general(type_, present)
            if _absent(known, parameter, general):
                known[parameter] = general
            return True, True
        return False, True
    if _absent(known, parameter, type_):
        known[parameter] = type_
        return True, False
    return False, False


def _absent(known: dict[Type, Type], parameter: Type, within: Type) -> bool:
    """Whether ``parameter`` does not occur in ``within``."""
    if parameter == within:
        return False
    if within.kind == "param":
        present = known.get(within)
        return present is None or _absent(known, parameter, present)
    return all(_absent(known, parameter, inner) for inner in within.params)


def _equal_or_less_specific(first: Type, second: Type) -> bool:
    if first.kind in ("dyn", "param"):
        return True
    if second.kind in ("dyn", "param") or first.kind != second.kind:
        return False
    if first.kind == "type":
        return True
    if first.kind in ("list", "map", "opaque"):
        return (
            first.name == second.name
            and len(first.params) == len(second.params)
            and all(_equal_or_less_specific(a, b) for a, b in zip(first.params, second.params, strict=True))
        )
    return first == second
