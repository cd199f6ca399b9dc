"""What a request makes of the stored object: create, replace, patch, client-side and server-side apply.

The order is the API server's: merge, decode strictly, default, take over what updates never change, validate, store.
Only then is something stored; a refused request leaves the object as it was. Nothing here depends on other objects.

Sources: ``k8s.io/kubectl/pkg/cmd/apply`` (what kubectl sends), ``k8s.io/apiserver/pkg/endpoints/handlers``
(``create.go``, ``patch.go``, ``update.go``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from kverify.api import registry
from kverify.api.apply import json_merge, last_applied, managers, migration, strategic
from kverify.api.apply.custom import CustomKind
from kverify.api.apply.fields import EMPTY_SET, FieldSet, Path, field, locate, text
from kverify.api.apply.graft import graft
from kverify.api.apply.last_applied import remembered_text
from kverify.api.apply.managers import Conflict, Manager, Managers
from kverify.api.apply.shape import ANY, Shape, shape_of_kind
from kverify.api.apply.strategic_lists import PatchError
from kverify.api.apply.structured import TypeProblem, same
from kverify.api.custom.kinds import Definitions
from kverify.api.decode import decode, object_name, structure
from kverify.api.defaults.creation import new_status
from kverify.api.encode import to_plain
from kverify.api.object import KubeObject
from kverify.api.registry import AnyObject
from kverify.api.versions import DEFAULT_VERSION
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.nodes import Document, FieldPath, format_path
from kverify.manifest.reader import read_text

CONFLICT_MEND = "leave the field to it, write its value, or force the apply"
Admit: TypeAlias = Callable[[AnyObject, AnyObject | None], tuple[AnyObject, tuple[Diagnostic, ...]]]
"""What admission makes of an object, given the stored one, and what it has against it."""

STATUS: FieldSet = frozenset({(field("status"),)})


class Action(Enum):
    """What kubectl says about an object."""

    CREATED = "created"
    CONFIGURED = "configured"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@frozen
class Stored:
    """An object in the cluster with its field managers, which are not in its ``metadata``."""

    object: AnyObject
    managers: Managers = attrs.field(factory=dict)

    @property
    def plain(self) -> dict[str, Any]:
        return to_plain(self.object)


@frozen
class Outcome:
    """What a request results in. ``stored`` is the object afterwards, of a refused request the one before it.

    ``diagnostics`` are errors (why it is refused) and warnings, at their places in the manifest. ``patch`` is what
    kubectl sends, when it sends a patch.
    """

    action: Action
    stored: Stored | None
    diagnostics: tuple[Diagnostic, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    patch: Mapping[str, Any] | None = None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(item for item in self.diagnostics if item.refuses)


@frozen
class Server:
    """An API server of a version, asked by somebody whose namespace is ``namespace``.

    ``custom`` are the custom kinds whose definition is known. ``admit`` is asked about every object before it is
    stored, with the one it replaces.
    """

    version: str = DEFAULT_VERSION
    namespace: str = "default"
    custom: Mapping[tuple[str, str], CustomKind] = attrs.field(factory=dict)
    admit: Admit | None = None

    # -- requests ------------------------------------------------------------------------------------------------

    def create(self, manifest: Document, manager: str = "kubectl-create") -> Outcome:
        """POST."""
        return self._write(_plain(manifest), manifest, None, Manager(manager, "Update"))

    def replace(self, live: Stored, manifest: Document, manager: str = "kubectl-replace") -> Outcome:
        """PUT: the manifest is the whole new object, but for what the server keeps."""
        return self._write(_plain(manifest), manifest, live, Manager(manager, "Update"))

    def patch(
        self, live: Stored, patch: Mapping[str, Any], type: str, manager: Manager, manifest: Document | None = None
    ) -> Outcome:
        """PATCH of ``type`` ``strategic-merge`` or ``merge``. Places are those of ``manifest``, or else of the live
        object."""
        document = manifest or _document_of(live)
        shape = self.shape(live.object)
        try:
            if type == "merge":
                merged = json_merge.apply(live.plain, patch)
            else:
                merged = strategic.apply(live.plain, patch, shape)
        except PatchError as error:
            return _refused(live, (_problem(document, (), f"The patch cannot be applied: {error}."),))
        return attrs.evolve(self._write(merged, document, live, manager), patch=patch)

    def apply_client_side(
        self, live: Stored | None, manifest: Document, previous: Mapping[str, Any] | None = None
    ) -> Outcome:
        """``kubectl apply``. ``previous`` is the manifest of the last apply, where it is known better than from the
        annotation of the live object."""
        unsound = self._unsound(manifest)
        if unsound:
            return _refused(live, unsound)
        config = self.named(_plain(manifest))
        annotated = last_applied.annotated(config)
        manager = Manager(managers.CLIENT_SIDE_APPLY, "Update")
        if live is None:
            return self._write(json_merge.without_nulls(annotated), manifest, None, manager)
        current = live.plain
        original = previous if previous is not None else last_applied.remembered(current) or {}
        shape = self.shape(live.object)
        is_custom = shape_of_kind(live.object.api_version, live.object.kind) is None
        try:
            if is_custom:
                patch = json_merge.three_way_patch(original, annotated, current)
            else:
                patch = strategic.three_way_patch(original, annotated, current, shape)
        except PatchError as error:
            return _refused(live, (_problem(manifest, (), f"kubectl cannot calculate a patch: {error}."),))
        if not patch:
            return Outcome(Action.UNCHANGED, live, patch=patch)
        return self.patch(live, patch, "merge" if is_custom else "strategic-merge", manager, manifest)

    def apply_server_side(
        self,
        live: Stored | None,
        manifest: Document,
        manager: str = managers.SERVER_SIDE_APPLY,
        *,
        force: bool = False,
    ) -> Outcome:
        """``kubectl apply --server-side``: the manager owns what the manifest has, and gives up what it lacks."""
        unsound = self._unsound(manifest)
        if unsound:
            return _refused(live, unsound)
        outcome = self._apply_server_side(live, manifest, manager, force)
        if outcome.action is Action.REFUSED or outcome.stored is None:
            return outcome
        migrated = self._migrated(outcome.stored, manager)
        if migrated is None:
            return outcome
        again = self._apply_server_side(migrated, manifest, manager, force)
        if again.action is Action.REFUSED or again.stored is None:
            return outcome
        action = Action.UNCHANGED if live is not None and same(live.plain, again.stored.plain) else outcome.action
        return attrs.evolve(again, action=action)

    def _migrated(self, stored: Stored, manager: str) -> Stored | None:
        """What kubectl makes of an object that client-side apply has managed; None when there is nothing to do."""
        annotation = remembered_text(stored.plain)
        if annotation is None:
            return None
        known = stored.managers
        if manager == managers.SERVER_SIDE_APPLY and not migration.owners(known, "Apply"):
            known = {**known, **migration.keeper(stored.object.api_version)}
        moved = migration.moved(known, manager)
        return None if moved is None else attrs.evolve(stored, managers=moved)

    def _apply_server_side(self, live: Stored | None, manifest: Document, manager: str, force: bool) -> Outcome:
        config = self.named(_plain(manifest))
        api_version, kind = str(config.get("apiVersion", "")), str(config.get("kind", ""))
        shape = self._shape_of(api_version, kind)
        if (config.get("metadata") or {}).get("managedFields"):
            message = "A manifest that is applied server-side must not have managedFields."
            return _refused(live, (_problem(manifest, ("metadata", "managedFields"), message),))
        result = managers.apply(
            live.plain if live is not None else None,
            config,
            shape,
            live.managers if live is not None else {},
            manager,
            api_version,
            force=force,
            ignored=self._ignored(api_version, kind),
            empty=_empty(api_version, kind),
        )
        if result.refused:
            found = [_type_error(manifest, problem, shape) for problem in result.problems]
            found += [
                _problem(manifest, _place(manifest, path, shape), _conflict(conflict, path), "KV1321", CONFLICT_MEND)
                for conflict in result.conflicts
                for path in sorted(conflict.fields)
            ]
            return attrs.evolve(_refused(live, found), conflicts=result.conflicts)
        merged = result.object
        if manager == managers.SERVER_SIDE_APPLY and remembered_text(merged) is not None:
            merged = last_applied.updated(merged, config)
        return self._store(merged, manifest, live, result.managers)

    # -- what they have in common --------------------------------------------------------------------------------

    def shape(self, obj: AnyObject) -> Shape:
        """How the values of an object merge."""
        key = (obj.api_version, obj.kind)
        return self._shape_of(*key)

    def _unsound(self, manifest: Document) -> tuple[Diagnostic, ...]:
        """Why a manifest cannot be decoded; it may well be incomplete. Merging never makes such a value right."""
        read = structure(manifest, self.version)
        return () if read.accepted else read.diagnostics

    def named(self, config: dict[str, Any]) -> dict[str, Any]:
        """kubectl writes the namespace into what it sends."""
        metadata = config.get("metadata") or {}
        scoped = registry.namespaced(str(config.get("apiVersion", "")), str(config.get("kind", "")))
        if scoped is False or metadata.get("namespace"):
            return config
        return {**config, "metadata": {**metadata, "namespace": self.namespace}}

    def _write(self, plain: dict[str, Any], document: Document, live: Stored | None, manager: Manager) -> Outcome:
        """Store an object that one manager has written as a whole."""
        outcome = self._store(plain, document, live, {})
        if outcome.action is Action.REFUSED or outcome.stored is None:
            return outcome
        obj = outcome.stored.object
        before = live.plain if live is not None else _empty(obj.api_version, obj.kind)
        known = managers.update(
            before,
            outcome.stored.plain,
            self.shape(obj),
            live.managers if live is not None else {},
            attrs.evolve(manager, api_version=obj.api_version),
            self._ignored(obj.api_version, obj.kind),
            created=live is None,
        )
        return attrs.evolve(outcome, stored=Stored(obj, known))

    def _store(self, plain: Any, document: Document, live: Stored | None, known: Managers) -> Outcome:
        key = (str(plain.get("apiVersion", "")), str(plain.get("kind", "")))
        if key in self.custom:
            plain = self.custom[key].default(plain)
        grafted = graft(_without_managed_fields(plain), document, self._shape_of(*key))
        defined = self.custom[key].defined if key in self.custom else None
        definitions = Definitions({key: defined}) if defined is not None else None
        decoded = decode(grafted, self.version, live.object if live is not None else None, definitions)
        if decoded.object is None or not decoded.accepted:
            return _refused(live, decoded.diagnostics)
        obj, said = decoded.object, decoded.diagnostics
        if live is None and isinstance(obj, KubeObject):
            obj = new_status(obj)
        if self.admit is not None:
            obj, more = self.admit(obj, live.object if live is not None else None)
            said = (*said, *more)
            if any(item.refuses for item in more):
                return _refused(live, said)
        stored = Stored(obj, known)
        if live is None:
            action = Action.CREATED
        else:
            action = Action.UNCHANGED if same(live.plain, stored.plain) else Action.CONFIGURED
        return Outcome(action, stored, said)

    def _shape_of(self, api_version: str, kind: str) -> Shape:
        custom = self.custom.get((api_version, kind))
        return custom.shape if custom is not None else shape_of_kind(api_version, kind) or ANY

    def _ignored(self, api_version: str, kind: str) -> FieldSet:
        """What the main endpoint of a kind resets, and therefore nobody owns through it."""
        cls = registry.class_of(api_version, kind)
        custom = self.custom.get((api_version, kind))
        if cls is None:
            return STATUS if custom is not None and custom.has_status else EMPTY_SET
        return STATUS if "status" in {item.name for item in attrs.fields(cls)} else EMPTY_SET


def read_stored(obj: AnyObject) -> Stored:
    """An object as a cluster dump has it: its managers apart from it."""
    plain = to_plain(obj)
    known = managers.read_managers(plain)
    if not (plain.get("metadata") or {}).get("managedFields"):
        return Stored(obj)
    return Stored(attrs.evolve(obj, metadata=attrs.evolve(obj.metadata, managed_fields=())), known)


def _plain(manifest: Document) -> dict[str, Any]:
    return dict(manifest.plain) if isinstance(manifest.plain, dict) else {}


def _document_of(live: Stored) -> Document:
    source = live.object.source
    if source.document is not None:
        return source.document
    return read_text(json.dumps(live.plain), "<generated>").documents[0]


def _without_managed_fields(plain: dict[str, Any]) -> dict[str, Any]:
    metadata = plain.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return plain
    return {**plain, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}


def _empty(api_version: str, kind: str) -> dict[str, Any]:
    """An object of the kind as Go makes it, with nothing set."""
    cls = registry.class_of(api_version, kind)
    return to_plain(cls()) if cls is not None else {"apiVersion": api_version, "kind": kind}


def _refused(live: Stored | None, diagnostics: Any) -> Outcome:
    return Outcome(Action.REFUSED, live, tuple(diagnostics))


def _problem(document: Document, path: FieldPath, message: str, id: str = "KV1320", mend: str = "") -> Diagnostic:
    return Diagnostic(
        id=id,
        severity=Severity.ERROR,
        message=message,
        span=document.locate(path),
        path=format_path(path),
        object=object_name(document.plain),
        mend=mend,
    )


def _place(document: Document, path: Path, shape: Shape) -> FieldPath:
    for length in range(len(path), 0, -1):
        found = locate(document.plain, path[:length], shape)
        if found is not None:
            return found
    return ()


def _type_error(document: Document, problem: TypeProblem, shape: Shape) -> Diagnostic:
    place = _place(document, problem.path, shape)
    return _problem(document, place, f"{text(problem.path).lstrip('.')}: {problem.message}.")


def _conflict(conflict: Conflict, path: Path) -> str:
    return f"{text(path).lstrip('.')} belongs to the manager {conflict.manager}, and this would change it."
