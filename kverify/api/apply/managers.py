"""Field managers: who owns which fields, what an update and a server-side apply make of that, and conflicts.

Sources: ``sigs.k8s.io/structured-merge-diff/v6/merge`` (``Updater``), and the chain of managers in
``k8s.io/apimachinery/pkg/util/managedfields/internal`` (``managedfieldsupdater``, ``stripmeta``, ``skipnonapplied``,
``capmanagers``, ``lastappliedmanager``). Times are not kept: nothing here depends on them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from kverify.api.apply import structured
from kverify.api.apply.fields import (
    EMPTY_SET,
    FieldSet,
    field,
    parse,
    serialize,
    text,
    with_named_parents,
    without_below,
)
from kverify.api.apply.shape import Shape
from kverify.api.apply.structured import ABSENT, TypeProblem

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
CLIENT_SIDE_APPLY = "kubectl-client-side-apply"
SERVER_SIDE_APPLY = "kubectl"
"""The managers that kubectl names by itself."""

BEFORE_FIRST_APPLY = "before-first-apply"
ANCIENT_CHANGES = "ancient-changes"
MAX_UPDATE_MANAGERS = 10

_STRIPPED: FieldSet = frozenset(
    {(field("apiVersion"),), (field("kind"),), (field("metadata"),)}
    | {
        (field("metadata"), field(name))
        for name in (
            *("name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName"),
            *("generation", "managedFields", "resourceVersion"),
        )
    }
)
"""What nobody owns."""


@frozen(order=True)
class Manager:
    """One entry of ``managedFields``: a name is not enough, the same manager may also update, or write a subresource.

    Two applies of one name are one manager whatever their API version; ``api_version`` of an applier is therefore kept
    in :class:`Owned`.
    """

    name: str
    operation: str
    api_version: str = ""
    subresource: str = ""

    def __str__(self) -> str:
        words = [f'"{self.name}"']
        if self.subresource:
            words.append(f'with subresource "{self.subresource}"')
        if self.operation == "Update":
            words.append(f"using {self.api_version}")
        return " ".join(words)


@frozen
class Owned:
    """The fields of one manager, in the terms of an API version."""

    fields: FieldSet
    api_version: str

    def over(self, fields: FieldSet) -> Owned:
        return attrs.evolve(self, fields=fields)


Managers: TypeAlias = Mapping[Manager, Owned]


@frozen
class Conflict:
    """Fields that an apply would change and ``manager`` owns."""

    manager: Manager
    fields: FieldSet

    @property
    def paths(self) -> tuple[str, ...]:
        """As the API server prints them: ``.spec.replicas``."""
        return tuple(sorted(map(text, self.fields)))


@frozen
class Applied:
    """What a server-side apply results in: the object and its managers, or why not."""

    object: Any = None
    managers: Managers = attrs.field(factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    problems: tuple[TypeProblem, ...] = ()

    @property
    def refused(self) -> bool:
        return bool(self.conflicts or self.problems)


def read_managers(obj: Mapping[str, Any]) -> dict[Manager, Owned]:
    """``metadata.managedFields``. Entries of another format than ``FieldsV1`` are ignored."""
    metadata = obj.get("metadata") or {}
    found: dict[Manager, Owned] = {}
    for entry in metadata.get("managedFields") or ():
        if entry.get("fieldsType", "FieldsV1") != "FieldsV1":
            continue
        operation, api_version = entry.get("operation", ""), entry.get("apiVersion", "")
        manager = Manager(
            entry.get("manager", ""),
            operation,
            "" if operation == "Apply" else api_version,
            entry.get("subresource", ""),
        )
        fields = parse(entry.get("fieldsV1") or {})
        previous = found.get(manager)
        found[manager] = Owned(fields | (previous.fields if previous else EMPTY_SET), api_version)
    return found


def write_managers(managers: Managers) -> list[dict[str, Any]]:
    """``managedFields`` without times: appliers first, then by name."""
    entries = []
    for manager in sorted(managers, key=lambda m: (m.operation != "Apply", m.name, m.api_version, m.subresource)):
        owned = managers[manager]
        entry: dict[str, Any] = {
            "manager": manager.name,
            "operation": manager.operation,
            "apiVersion": owned.api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": serialize(owned.fields),
        }
        if manager.subresource:
            entry["subresource"] = manager.subresource
        entries.append(entry)
    return entries


def update(
    live: Any,
    new: Any,
    shape: Shape,
    managers: Managers,
    manager: Manager,
    ignored: FieldSet = EMPTY_SET,
    *,
    created: bool = False,
) -> dict[Manager, Owned]:
    """The managers after ``manager`` has created or updated the object (``live`` to ``new``, without managedFields).

    It owns what it added and changed, everybody loses what was removed, and the others what it changed. An object that
    nobody manages stays so, unless it has just been ``created``. ``ignored`` are fields that this endpoint resets
    (``status``).
    """
    if not managers and not created:
        return {}
    changed = structured.compare(live, new, shape).without(ignored)
    mine = changed.added | changed.modified
    result = _others(managers, changed)
    fields = (mine - _STRIPPED) | (result[manager].fields if manager in result else EMPTY_SET)
    if fields:
        result[manager] = Owned(fields, manager.api_version)
    return _capped(result)


def _others(managers: Managers, changed: structured.Comparison) -> dict[Manager, Owned]:
    """Everybody else loses what was changed, added or removed."""
    lost = changed.removed | changed.modified | changed.added
    kept = {manager: owned.over(owned.fields - lost) for manager, owned in managers.items()}
    return {manager: owned for manager, owned in kept.items() if owned.fields}


def _capped(managers: dict[Manager, Owned]) -> dict[Manager, Owned]:
    """At most ten updaters are kept: of each API version the oldest (here: the first) become one."""
    updaters = [manager for manager in managers if manager.operation == "Update"]
    surplus = len(updaters) - MAX_UPDATE_MANAGERS
    kept = dict(managers)
    first: dict[str, Manager] = {}
    for manager in updaters:
        if surplus <= 0:
            break
        owned = managers[manager]
        if owned.api_version not in first:
            first[owned.api_version] = manager
            continue
        bucket = Manager(ANCIENT_CHANGES, "Update", owned.api_version)
        before = kept.pop(bucket if bucket in kept else first[owned.api_version])
        del kept[manager]
        kept = {bucket: owned.over(before.fields | owned.fields), **kept}
        surplus -= 1
    return kept


def apply(
    live: Any,
    config: Any,
    shape: Shape,
    managers: Managers,
    name: str,
    api_version: str,
    *,
    force: bool = False,
    ignored: FieldSet = EMPTY_SET,
    empty: Any = None,
) -> Applied:
    """Server-side apply of ``config`` by the manager ``name`` over ``live`` (null for an object that does not exist).

    ``live`` comes without managedFields. ``empty`` is an object of the kind with nothing set: an object without
    managers is taken to have been written over it by ``before-first-apply``.
    """
    problems = structured.validate(config, shape)
    if problems:
        return Applied(problems=tuple(problems))
    if not managers and live is not None:
        before = Manager(BEFORE_FIRST_APPLY, "Update", api_version)
        managers = update(empty, live, shape, {}, before, ignored, created=True)
    result = _apply(live, config, shape, managers, name, api_version, force, ignored)
    if name != SERVER_SIDE_APPLY or not result.conflicts:
        return result
    return _taken_over(result, live, config, shape, managers, api_version, ignored)


def _apply(
    live: Any,
    config: Any,
    shape: Shape,
    managers: Managers,
    name: str,
    api_version: str,
    force: bool,
    ignored: FieldSet,
) -> Applied:
    manager = Manager(name, "Apply")
    merged = structured.merge(ABSENT if live is None else live, config, shape)
    last = managers.get(manager)
    fields = without_below(structured.field_set(config, shape), ignored)
    owned = Owned(fields, api_version)
    now = {**managers, manager: owned}
    if last is not None and last.fields:
        merged = _prune(merged, now, last.fields, shape)
    changed = structured.compare({} if live is None else live, merged, shape).without(ignored)
    touched = changed.modified | changed.added
    conflicts = tuple(
        Conflict(other, other_owned.fields & touched)
        for other, other_owned in sorted(managers.items())
        if other != manager and other_owned.fields & touched
    )
    if conflicts and not force:
        return Applied(conflicts=conflicts)
    others = _others({other: entry for other, entry in managers.items() if other != manager}, changed)
    if fields - _STRIPPED:
        others[manager] = owned.over(fields - _STRIPPED)
    return Applied(merged, others)


def _prune(merged: Any, managers: Managers, last: FieldSet, shape: Shape) -> Any:
    """Remove what the manager applied last time, no longer applies, and nobody else owns."""
    pruned = structured.remove(merged, with_named_parents(last, shape), shape)
    owned = EMPTY_SET.union(*(entry.fields for entry in managers.values()))
    in_merged = with_named_parents(structured.field_set(merged, shape), shape)
    in_pruned = with_named_parents(structured.field_set(pruned, shape), shape)
    pruned = structured.remove(merged, in_merged - (in_pruned | with_named_parents(owned, shape)), shape)
    # What was never this manager's comes back: items below a removed one that somebody else once set.
    in_pruned = with_named_parents(structured.field_set(pruned, shape), shape)
    dangling = (in_merged - in_pruned) & with_named_parents(last, shape)
    return structured.remove(merged, dangling, shape)


def _taken_over(
    result: Applied,
    live: Any,
    config: Any,
    shape: Shape,
    managers: Managers,
    api_version: str,
    ignored: FieldSet,
) -> Applied:
    """``kubectl apply --server-side`` takes over what ``kubectl apply`` set: those conflicts are none."""
    allowed = _last_applied_fields(live, shape)
    left = tuple(
        attrs.evolve(conflict, fields=conflict.fields - allowed)
        for conflict in result.conflicts
        if conflict.fields - allowed
    )
    if left:
        return Applied(conflicts=left)
    return _apply(live, config, shape, managers, SERVER_SIDE_APPLY, api_version, True, ignored)


def _last_applied_fields(live: Any, shape: Shape) -> FieldSet:
    """The fields of the annotation that still have its values in the live object."""
    annotations = ((live or {}).get("metadata") or {}).get("annotations") or {}
    try:
        last = json.loads(annotations.get(LAST_APPLIED, ""))
    except ValueError:
        return EMPTY_SET
    changed = structured.compare(live, last, shape)
    return structured.field_set(last, shape) - changed.modified - changed.added - changed.removed
