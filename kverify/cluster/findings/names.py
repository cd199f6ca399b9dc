"""Names that nobody answers to: objects that are not there (KV2004), keys that nobody wrote (KV2003)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from attrs import frozen

from kverify.api.registry import AnyObject
from kverify.api.types.config import ConfigMap, Secret
from kverify.cluster.bundle import Bundle
from kverify.cluster.codes import MISSING_KEY, MISSING_OBJECT
from kverify.cluster.objects import Key, describe, key_of, title
from kverify.cluster.references.existence import Boundary, Existence
from kverify.cluster.references.graph import needed_by
from kverify.cluster.references.reference import PASSIVE, WIRING, Reference
from kverify.manifest.diagnostics import Diagnostic, Related, Severity

_LETTERS = 2
"""By so many letters the lengths of a name and of its misspelling may differ."""
_NO_DIGITS = str.maketrans("", "", "0123456789")

_FEW = 50
"""Names of one kind and namespace that are compared one by one; of more only those one letter away are found."""


@frozen
class Missing:
    """What is missing: reported, or merely assumed to exist (one sentence for each object)."""

    diagnostics: tuple[Diagnostic, ...]
    assumed: tuple[str, ...]


def missing(existence: Existence, boundary: Boundary, refused: Iterable[Diagnostic]) -> Missing:
    """Names of objects and keys that the wanted objects need and that are not there.

    In an open world an absent object is reported where something speaks for a mistake: a name that nearly is right, the
    same name in another namespace, a dump of the cluster that has others of its kind, or a relation of objects that
    are delivered together (:data:`WIRING`). Everything else is assumed to exist. In a closed world every absent object
    is an error.
    """
    names = _Names(existence.bundle)
    refused = tuple(refused)
    blamed = {diagnostic.object for diagnostic in refused}
    # What is of no kind that there is may be of any kind.
    kindless = {diagnostic.object.partition(" ")[2] for diagnostic in refused if diagnostic.id == "KV1302"}
    unread = "" in blamed
    diagnostics: list[Diagnostic] = []
    users: dict[Key, list[Reference]] = {}
    said: set[tuple[Key, Key]] = set()
    for item in existence.bundle.wanted:
        for reference in needed_by(item):
            if reference.optional:
                continue
            target = existence.find(reference.target)
            if isinstance(target, (ConfigMap, Secret)):
                diagnostics += _missing_key(reference, target)
            if target is not None or existence.given(reference.target) or title(*reference.target[:3]) in blamed:
                continue
            namespace, name = reference.target.namespace, reference.target.name
            if f"{namespace}/{name}" in kindless or (namespace in ("", "default") and name in kindless):
                continue
            evidence = _evidence(reference, names, boundary, unread)
            pair = key_of(item), reference.target
            if evidence is None:
                users.setdefault(reference.target, []).append(reference)
            elif pair not in said:
                said.add(pair)
                diagnostics.append(evidence)
    assumed = (f"assumed to exist: {title(*target[:3])}, {_passive(rows)}" for target, rows in users.items())
    return Missing(tuple(diagnostics), tuple(assumed))


def _evidence(reference: Reference, names: _Names, boundary: Boundary, unread: bool) -> Diagnostic | None:
    """The finding, if there is reason to think that the object will be missing. What could not be read (``unread``) may
    have been what is delivered together with this."""
    target = reference.target
    related: AnyObject | None = None
    if (near := names.near(target)) is not None:
        related, mend = near, f"did you mean {near.metadata.name}?"
    elif (other := names.elsewhere(target)) is not None:
        related = other
        mend = f"{describe(other)} is in another namespace; objects are found by name only in their own"
    elif target.kind == "Namespace":
        return None
    elif names.dumped(target):
        mend = "the cluster has others of its kind; create it, correct the name, or declare it external"
    elif (reference.relation in WIRING and not unread) or boundary.closed:
        mend = f"add the {target.kind} to the input, or declare it external"
    else:
        return None
    return Diagnostic(
        id=MISSING_OBJECT,
        severity=Severity.ERROR if boundary.closed else Severity.WARNING,
        message=f"{title(*target[:3])} is not there, and {describe(reference.by)} {reference.relation} it.",
        span=reference.by.source.span(reference.path),
        path=reference.path,
        object=describe(reference.by),
        mend=mend,
        related=_pointing(related, "this is there") if related is not None else (),
    )


def _pointing(item: AnyObject, note: str, path: str = "metadata.name") -> tuple[Related, ...]:
    return (Related(item.source.span(path), note, path),)


def _missing_key(reference: Reference, target: ConfigMap | Secret) -> Iterator[Diagnostic]:
    keys = keys_of(target)
    if not reference.item or reference.item in keys:
        return
    near = difflib.get_close_matches(reference.item, keys, 1)
    known = f"it has {', '.join(sorted(keys)[:5])}" if keys else "it has no keys"
    place = "data" if target.source.document is None or target.source.document.node(("data",)) else "metadata.name"
    yield Diagnostic(
        id=MISSING_KEY,
        severity=Severity.WARNING,
        message=f"{describe(target)} has no key {reference.item}, so the container cannot start.",
        span=reference.by.source.span(reference.path),
        path=reference.path,
        object=describe(reference.by),
        mend=f"did you mean {near[0]}?" if near else known,
        related=_pointing(target, "these are its keys", place),
    )


def keys_of(target: ConfigMap | Secret) -> tuple[str, ...]:
    """Every key that can be read of a ConfigMap or Secret."""
    more: Iterable[str] = target.binary_data if isinstance(target, ConfigMap) else target.string_data
    return tuple(dict.fromkeys((*target.data, *more)))


def _passive(rows: list[Reference]) -> str:
    """``read by Deployment shop/web and 2 more``."""
    names = list(dict.fromkeys(describe(reference.by) for reference in rows))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{PASSIVE[rows[0].relation]} {names[0]}{more}"


@frozen(eq=False)
class _Names:
    """The names of the input, to find the one that was probably meant."""

    bundle: Bundle

    def near(self, target: Key) -> AnyObject | None:
        """An object of the same kind and namespace whose name is nearly the same."""
        row = self._by_place.get((target.kind, target.namespace, target.group), {})
        if len(row) <= _FEW:
            for name in difflib.get_close_matches(target.name, row, 3, 0.8):
                if misspelled(target.name, name):
                    return row[name]
            return None
        letters = self._by_letters.get((target.kind, target.namespace, target.group), {})
        found = next((letters[form] for form in _forms(target.name) if form in letters), None)
        return found if found is not None and misspelled(target.name, found.metadata.name) else None

    def elsewhere(self, target: Key) -> AnyObject | None:
        """An object of the same kind and name in another namespace."""
        return self._by_name.get((target.kind, target.name, target.group)) if target.namespace else None

    def dumped(self, target: Key) -> bool:
        """``--cluster`` has objects of this kind in this namespace, so it would have this one too."""
        return (target.kind, target.namespace, target.group) in self._existing

    @cached_property
    def _by_place(self) -> Mapping[tuple[str, str, str], dict[str, AnyObject]]:
        rows: dict[tuple[str, str, str], dict[str, AnyObject]] = {}
        for item in self.bundle.objects:
            own = key_of(item)
            rows.setdefault((own.kind, own.namespace, own.group), {})[own.name] = item
        return rows

    @cached_property
    def _by_letters(self) -> Mapping[tuple[str, str, str], dict[str, AnyObject]]:
        return {
            place: {form: item for name, item in row.items() for form in _forms(name)}
            for place, row in self._by_place.items()
            if len(row) > _FEW
        }

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str, str], AnyObject]:
        return {(own.kind, own.name, own.group): item for item in self.bundle.objects for own in (key_of(item),)}

    @cached_property
    def _existing(self) -> frozenset[tuple[str, str, str]]:
        return frozenset(
            (own.kind, own.namespace, own.group) for item in self.bundle.existing for own in (key_of(item),)
        )


def misspelled(written: str, meant: str) -> bool:
    """Not just a longer name (``web-tls`` beside ``web``), and not a sibling with another number."""
    return abs(len(written) - len(meant)) <= _LETTERS and written.translate(_NO_DIGITS) != meant.translate(_NO_DIGITS)


def _forms(name: str) -> Iterator[str]:
    """The name without one letter, for each letter, and itself: names one letter apart share a form."""
    yield name
    for position in range(len(name)):
        yield name[:position] + name[position + 1 :]
