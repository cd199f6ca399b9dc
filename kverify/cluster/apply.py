"""Applying manifests over what a cluster has: which object is created, configured, left alone or refused.

The mechanisms are in :mod:`kverify.api.apply`; here is which object is which, and in which order they are applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
from attrs import field, frozen

from kverify.api import registry
from kverify.api.apply import last_applied
from kverify.api.apply.custom import CustomKind, custom_kinds, kinds_of
from kverify.api.apply.managers import SERVER_SIDE_APPLY, Manager, Owned
from kverify.api.apply.server import Action, Admit, Outcome, Server, Stored, read_stored
from kverify.api.apply.shape import ANY, Shape
from kverify.api.apply.structured import field_set
from kverify.api.custom.kinds import Definitions
from kverify.api.decode import as_served
from kverify.api.registry import AnyObject
from kverify.api.types.extensions import CustomResourceDefinition
from kverify.api.versions import DEFAULT_VERSION
from kverify.cluster.objects import DEFAULT_NAMESPACE, Key, key_of
from kverify.manifest.nodes import Document


@frozen
class Mode:
    """How manifests are applied: by ``kubectl apply``, or with ``--server-side`` by a ``manager``, perhaps forced."""

    server_side: bool = False
    force: bool = False
    manager: str = SERVER_SIDE_APPLY


@frozen(eq=False)
class Change:
    """One manifest and what applying it results in. ``before`` is the object as it was, None if there was none.

    ``manifest`` is the document as it was given, ``shape`` how the values of its kind merge. ``guessed`` says that
    nothing is known of who manages ``before``, or of how it was last applied, so that removals and conflicts cannot
    be foreseen.
    """

    manifest: Document
    before: Stored | None
    outcome: Outcome
    shape: Shape = ANY
    guessed: bool = False

    @property
    def after(self) -> AnyObject | None:
        """The object afterwards, None when the manifest is refused and there was none."""
        return self.outcome.stored.object if self.outcome.stored is not None else None

    @property
    def refused(self) -> bool:
        return self.outcome.action is Action.REFUSED


@frozen(eq=False)
class Live:
    """What is there before an apply. ``manifests`` are those that were last applied, where they are known better than
    from the objects themselves.

    An object of a dump is looked into when it is asked for: of thousands an apply touches a few.
    """

    objects: Mapping[Key, Stored | AnyObject] = field(factory=dict)
    manifests: Mapping[Key, Mapping[str, Any]] = field(factory=dict)

    @classmethod
    def of(
        cls,
        existing: Sequence[AnyObject],
        previous: Sequence[AnyObject] = (),
        version: str = DEFAULT_VERSION,
        mode: Mode | None = None,
    ) -> Live:
        """What a cluster dump has, and manifests (``previous``) that were applied to it before.

        A previous object that the dump does not have is as its manifest made it, unless it is a dump itself.
        """
        mode = mode or Mode()
        objects: dict[Key, Stored | AnyObject] = {key_of(item): item for item in existing}
        manifests: dict[Key, Mapping[str, Any]] = {}
        everything = (*existing, *previous)
        server = Server(version, custom=_all_defined(everything))
        for item in previous:
            document, key = item.source.document, key_of(item)
            if document is None or _is_dump(document):
                objects.setdefault(key, item)
                continue
            manifests[key] = _applied(server, document)
            if key not in objects:
                made = _request(server, mode, None, document, None)
                objects[key] = made.stored or Stored(item)
        return cls(objects, manifests)


def apply_documents(
    documents: Iterable[Document],
    live: Live,
    version: str = DEFAULT_VERSION,
    mode: Mode | None = None,
    admit: Admit | None = None,
    definitions: Definitions | None = None,
) -> tuple[Change, ...]:
    """Apply manifests one after the other, each over what the ones before it have left. ``admit`` is asked about every
    object. ``definitions`` of custom kinds are known beside those of ``live``."""
    mode = mode or Mode()
    objects = dict(live.objects)
    custom = _all_defined(item.object if isinstance(item, Stored) else item for item in objects.values())
    if definitions is not None:
        custom |= kinds_of(definitions)
    changes = []
    for written in documents:
        server = Server(version, custom=custom, admit=admit)
        document, gone = as_served(written, version)
        key = key_of_document(document, _defined_kinds(custom))
        found = objects.get(key) if key is not None else None
        before = found if found is None or isinstance(found, Stored) else read_stored(found)
        remembered = live.manifests.get(key) if key is not None else None
        guessed = False
        if before is not None:
            guessed = _is_guess(before, remembered, mode)
            if mode.server_side and guessed:
                before = _adopted(server, before, remembered, mode)
        outcome = _request(server, mode, before, document, remembered)
        outcome = attrs.evolve(outcome, diagnostics=(*gone, *outcome.diagnostics))
        shape = server.shape(outcome.stored.object) if outcome.stored is not None else ANY
        changes.append(Change(document, before, outcome, shape, guessed))
        if outcome.stored is not None and outcome.action is not Action.REFUSED:
            objects[key_of(outcome.stored.object)] = outcome.stored
            custom = {**custom, **_defined(outcome.stored.object)}
    return tuple(changes)


def key_of_document(document: Document, definitions: Definitions | None = None) -> Key | None:
    """The key of the object a manifest is about; None when it does not say. ``definitions`` know the scope of custom
    kinds."""
    plain = document.plain
    if not isinstance(plain, dict):
        return None
    metadata = plain.get("metadata")
    api_version, kind = plain.get("apiVersion"), plain.get("kind")
    if not isinstance(metadata, dict) or not isinstance(api_version, str) or not isinstance(kind, str):
        return None
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not isinstance(name, str) or not name:
        return None
    scoped = registry.namespaced(api_version, kind)
    custom = definitions.find(api_version, kind) if definitions is not None else None
    if custom is not None:
        scoped = custom.namespaced
    place = "" if scoped is False else str(namespace or (DEFAULT_NAMESPACE if scoped else ""))
    group, slash, _ = api_version.partition("/")
    return Key(kind, place, name, group if slash else "")


def _request(
    server: Server, mode: Mode, before: Stored | None, document: Document, remembered: Mapping[str, Any] | None
) -> Outcome:
    if mode.server_side:
        return server.apply_server_side(before, document, mode.manager, force=mode.force)
    return server.apply_client_side(before, document, remembered)


def _is_guess(before: Stored, remembered: Mapping[str, Any] | None, mode: Mode) -> bool:
    """Whether nothing says how the object came about: ``kubectl get`` hides managedFields unless it is asked."""
    if mode.server_side:
        return not before.managers
    return remembered is None and last_applied.remembered(before.plain) is None


def _adopted(server: Server, before: Stored, remembered: Mapping[str, Any] | None, mode: Mode) -> Stored:
    """The object as if ``mode.manager`` had applied what was last applied, and nobody else had anything."""
    config = remembered if remembered is not None else last_applied.remembered(before.plain)
    if config is None:
        config = {}
    owned = field_set(config, server.shape(before.object))
    manager = Manager(mode.manager, "Apply")
    nobody = Manager("", "Update", before.object.api_version)
    known = {manager: Owned(owned, before.object.api_version)} if owned else {nobody: Owned(frozenset(), "")}
    return attrs.evolve(before, managers=known)


def _applied(server: Server, document: Document) -> Mapping[str, Any]:
    """The manifest as kubectl remembers it."""
    assert isinstance(document.plain, dict)
    return last_applied.remembered(last_applied.annotated(server.named(document.plain))) or {}


def _is_dump(document: Document) -> bool:
    """Whether a document was read from a cluster: it has what only the server writes."""
    metadata = document.plain.get("metadata") if isinstance(document.plain, dict) else None
    return isinstance(metadata, dict) and bool({"uid", "resourceVersion"} & metadata.keys())


def _defined_kinds(custom: Mapping[tuple[str, str], CustomKind]) -> Definitions:
    return Definitions({key: kind.defined for key, kind in custom.items() if kind.defined is not None})


def _all_defined(objects: Iterable[AnyObject]) -> dict[tuple[str, str], CustomKind]:
    """The custom kinds that some objects define."""
    return {key: kind for obj in objects for key, kind in _defined(obj).items()}


def _defined(obj: AnyObject) -> dict[tuple[str, str], CustomKind]:
    return custom_kinds(obj) if isinstance(obj, CustomResourceDefinition) else {}
