"""From nodes to typed objects. Every problem of a document is reported, each at its field's path and span.

Strict decoding as the API server does it (``fieldValidation=Strict``): JSON names are case-sensitive, unknown fields
are refused, a number is never a string. ``null`` means the same as an absent field. The readers are built once per
class, from its attrs fields and type hints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import attrs
from attrs import frozen

from kverify.api import registry
from kverify.api.base import freeze
from kverify.api.conversion import convert, successor
from kverify.api.defaults import apply_defaults, prepare_update
from kverify.api.defaults.creation import prepare_for_create
from kverify.api.object import KubeObject, OtherObject
from kverify.api.reader import Context, read_object, sentence
from kverify.api.registry import AnyObject
from kverify.api.source import Source
from kverify.api.types.meta import ObjectMeta
from kverify.api.validation import Problem, changes_refused, validate
from kverify.api.validation.report import REQUIRED, SELECTOR
from kverify.api.versions import DEFAULT_VERSION, GONE, REMOVED, known_kind, ordinal
from kverify.collector import paused
from kverify.manifest.diagnostics import Diagnostic, Severity
from kverify.manifest.nodes import Document, Plain, format_path

if TYPE_CHECKING:
    from kverify.api.custom.kinds import CustomKind, Definitions


@frozen
class Decoded:
    """One object, or ``None`` when the API server would refuse it; ``diagnostics`` say why.

    An object of a removed API version is refused as it is written (KV1301), and here as what it would be in the version
    that came after, so that everything else about it can be said too.
    """

    object: AnyObject | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def accepted(self) -> bool:
        """Whether the API server would take the object as it is written."""
        return self.object is not None and all(item.severity is not Severity.ERROR for item in self.diagnostics)


@frozen
class DecodedAll:
    """Every object there is (:attr:`Decoded.object`), in the order of the documents, and all diagnostics."""

    objects: tuple[AnyObject, ...]
    diagnostics: tuple[Diagnostic, ...]


def decode_all(
    documents: Iterable[Document], version: str = DEFAULT_VERSION, definitions: Definitions | None = None
) -> DecodedAll:
    """Decode every document; each item of a ``List`` (or ``PodList``, ...) becomes an object of its own.

    Custom resources are held to the CustomResourceDefinitions among the documents, wherever those stand, and to the
    further ``definitions``. Events are skipped, and mentioned once for each file.
    """
    objects: list[AnyObject] = []
    diagnostics: list[Diagnostic] = []
    events: dict[str, list[Document]] = {}
    with paused():
        expanded = [expand(document) for document in documents]
        known, made = define((item for items, _ in expanded for item in items), version, definitions)
        for items, problems in expanded:
            diagnostics += problems
            for item in items:
                plain = item.plain
                if isinstance(plain, dict) and registry.is_event(_text(plain, "apiVersion"), _text(plain, "kind")):
                    events.setdefault(item.file, []).append(item)
                    continue
                decoded = made.get(id(item)) or decode(item, version, definitions=known)
                diagnostics += decoded.diagnostics
                if decoded.object is not None:
                    objects.append(decoded.object)
    for skipped in events.values():
        context = Context(version, skipped[0])
        _skip_events(context, len(skipped))
        diagnostics += context.finish()
    return DecodedAll(tuple(objects), tuple(diagnostics))


def define(
    items: Iterable[Document], version: str, definitions: Definitions | None = None
) -> tuple[Definitions | None, dict[int, Decoded]]:
    """``definitions`` with the CustomResourceDefinitions among ``items``, and those as they were decoded, by ``id``."""
    made = {id(item): decode(item, version) for item in items if _defines(item.plain)}
    if not made:
        return definitions, made
    from kverify.api.custom.kinds import NO_DEFINITIONS

    return (definitions or NO_DEFINITIONS).extended(decoded.object for decoded in made.values()), made


def _defines(plain: Plain) -> bool:
    return isinstance(plain, dict) and (plain.get("apiVersion"), plain.get("kind")) == registry.DEFINITION


def decode(
    document: Document,
    version: str = DEFAULT_VERSION,
    old: AnyObject | None = None,
    definitions: Definitions | None = None,
) -> Decoded:
    """Decode, default and validate one object, as the API server of ``version`` would on creation.

    With ``old``, the stored object of the same name, as it would on an update: what an update never changes is taken
    from there, and what it may not change is refused. A custom resource is held to the schema of its kind when
    ``definitions`` have it. Raises ``ValueError`` for a version kverify does not know.
    """
    return _decode(document, version, complete=True, old=old, definitions=definitions)


def structure(document: Document, version: str = DEFAULT_VERSION) -> Decoded:
    """Only decode: the object as written, without defaults and not validated (what ``kubectl apply`` compares)."""
    return _decode(document, version, complete=False)


def _decode(
    document: Document,
    version: str,
    complete: bool,
    old: AnyObject | None = None,
    definitions: Definitions | None = None,
) -> Decoded:
    ordinal(version)
    plain = document.plain
    context = Context(version, document)
    if not isinstance(plain, dict):
        context.error("KV1101", (), "A Kubernetes object is a mapping with apiVersion, kind and metadata.")
        return Decoded(None, context.finish())
    api_version, kind = _text(plain, "apiVersion"), _text(plain, "kind")
    context.object = object_name(plain)
    if registry.list_item_kind(api_version, kind, isinstance(plain.get("items"), list)) is not None:
        context.error("KV1101", (), f"{kind} holds several objects.", "decode its items one by one")
        return Decoded(None, context.finish())
    if registry.is_event(api_version, kind):
        _skip_events(context, 1)
        return Decoded(None, context.finish())
    if not _check_identity(plain, api_version, kind, context):
        return Decoded(None, context.finish())
    if (api_version, kind) in REMOVED:
        converted = _as_successor(api_version, kind, context)
        if converted is None:
            return Decoded(None, context.finish())
        document, api_version = converted, REMOVED[api_version, kind].use
        plain = document.plain
        assert isinstance(plain, dict)
    source = Source(document)
    cls = registry.class_of(api_version, kind)
    if cls is None:
        custom = _custom_kind(api_version, kind, definitions, context)
        if context.refused:
            return Decoded(None, context.finish())
        return _decode_other(plain, api_version, kind, source, context, custom, old)
    result: KubeObject = read_object(cls, plain, None, context, source=source)
    _check_name(result.metadata, context)
    if complete:
        result = apply_defaults(result, version)
        problems: tuple[Problem, ...] = ()
        if isinstance(old, cls):
            result = prepare_update(result, old)
            problems = changes_refused(result, old, version)
        else:
            result = prepare_for_create(result, version)
        for problem in (*validate(result, version), *problems):
            _adopt(problem, source, context)
    return Decoded(None if context.refused else result, context.finish())


def _skip_events(context: Context, count: int) -> None:
    what = "An Event is skipped" if count == 1 else f"{count:,} Events are skipped"
    context.add("KV1111", Severity.INFO, (), f"{what}: they say what happened, and nothing depends on them.")


def _custom_kind(api_version: str, kind: str, definitions: Definitions | None, context: Context) -> CustomKind | None:
    """What is known of a custom kind. A version that its definition does not serve is reported."""
    if definitions is None:
        return None
    custom = definitions.find(api_version, kind)
    served = definitions.served(api_version, kind)
    if custom is None and served:
        message = f"The CustomResourceDefinition of {kind} does not serve {api_version}."
        context.error("KV1302", ("apiVersion",), message, f"use {' or '.join(served)}")
    return custom


def _decode_other(
    plain: dict[str, Plain],
    api_version: str,
    kind: str,
    source: Source,
    context: Context,
    custom: CustomKind | None,
    old: AnyObject | None,
) -> Decoded:
    written = plain.get("metadata")
    # A null metadata is no mapping: of a typed object it would be an absent one.
    metadata = read_object(ObjectMeta, written, (None, "metadata"), context) if "metadata" in plain else ObjectMeta()
    if not isinstance(metadata, ObjectMeta):
        return Decoded(None, context.finish())
    _check_name(metadata, context)
    scoped = registry.namespaced(api_version, kind) if custom is None else custom.namespaced
    if scoped and not metadata.namespace:
        metadata = attrs.evolve(metadata, namespace="default")
    elif scoped is False and metadata.namespace:
        metadata = attrs.evolve(metadata, namespace=None)
    if custom is not None:
        context.object = f"{kind} {metadata.namespace}/{metadata.name}" if scoped else f"{kind} {metadata.name}"
    content: Mapping[str, Any] = plain
    if custom is not None:
        content = _complete_custom(plain, metadata, custom, source, context, old)
    if context.refused:
        return Decoded(None, context.finish())
    frozen_content = freeze(content)
    assert frozen_content is not None
    other = OtherObject(
        api_version=api_version,
        kind=kind,
        metadata=metadata,
        source=source,
        content=frozen_content,
        custom=custom,
    )
    return Decoded(other, context.finish())


def _complete_custom(
    plain: dict[str, Plain],
    metadata: ObjectMeta,
    custom: CustomKind,
    source: Source,
    context: Context,
    old: AnyObject | None,
) -> Mapping[str, Any]:
    """A custom resource as it is stored; what its schema does not know and what it refuses is reported."""
    from kverify.api.custom.resources import check_resource, complete, similar_field

    content, unknown = complete(plain, custom)
    for way in unknown:
        place = format_path(way[:-1]) or "the object"
        message = f"{place} has no field {str(way[-1])!r}."
        span = context.key_span(way)
        context.add("KV1109", Severity.ERROR, way, sentence(message), similar_field(way, custom.schema), span=span)
        context.unknown_under.add(way[:-1])
    if custom.version.deprecated:
        api_version, kind = custom.key
        message = custom.version.deprecation_warning or f"{api_version} {kind} is deprecated."
        context.add("KV1306", Severity.WARNING, ("apiVersion",), message)
    before = old.content if isinstance(old, OtherObject) else None
    for problem in check_resource(content, metadata, custom, context.version, before):
        _adopt(problem, source, context)
    return content


def _check_identity(plain: dict[str, Plain], api_version: str, kind: str, context: Context) -> bool:
    """Whether apiVersion and kind name something that can be decoded."""
    complete = True
    file = PurePath(context.document.file).name
    if file in registry.TOOL_FILES and "kind" not in plain:
        context.add("KV1110", Severity.INFO, (), f"{file} is read by Helm; it is not an object of the cluster.")
        return False
    for name, value in (("apiVersion", api_version), ("kind", kind)):
        if value:
            continue
        complete = False
        absent = plain.get(name) in (None, "")
        message = f"The object has no {name}." if absent else f"{name} is not a text."
        context.error("KV1108", (name,), message, f"add {name}")
    if not complete:
        return False
    group, _, _ = api_version.rpartition("/")
    if group in registry.TOOL_GROUPS:
        message = f"{kind} of {api_version} configures a tool; it is not an object of the cluster."
        context.add("KV1110", Severity.INFO, (), message)
        return False
    if (api_version, kind) in registry.NAMESPACED:
        if known_kind(api_version, kind, context.version):
            return True
        message = f"Kubernetes {context.version} does not serve {kind} of {api_version}."
        context.error("KV1302", ("apiVersion",), message, "target another version")
        return False
    if (api_version, kind) in REMOVED:
        return True
    if api_version in GONE or (group in registry.GROUPS and not _may_be_newer(api_version)):
        similar = registry.similar_kind(api_version, kind)
        message = f"Kubernetes {context.version} has no kind {kind} in {api_version}."
        wrong = "kind" if similar.endswith(f" of {api_version}") else "apiVersion"
        context.error("KV1302", (wrong,), message, f"did you mean {similar}?" if similar else "")
        return False
    return True


def as_served(document: Document, version: str = DEFAULT_VERSION) -> tuple[Document, tuple[Diagnostic, ...]]:
    """An object of a removed API version as what came after it, and what :func:`decode` says about that; every other
    document as it is.
    """
    plain = document.plain
    api_version, kind = (_text(plain, "apiVersion"), _text(plain, "kind")) if isinstance(plain, dict) else ("", "")
    if successor(api_version, kind) is None:
        return document, ()
    context = Context(version, document)
    return _as_successor(api_version, kind, context) or document, context.finish()


def _as_successor(api_version: str, kind: str, context: Context) -> Document | None:
    """Report a removed API version, and go on with the object as what came after it, if anything did."""
    removed = REMOVED[api_version, kind]
    converted = convert(context.document, api_version, kind)
    if converted is not None:
        context.document, context.object = converted.document, object_name(converted.document.plain)
    message = f"{kind} of {api_version} was removed in Kubernetes {removed.removed_in}"
    checked = f"; it is checked as one of {removed.use}" if converted is not None else ""
    context.add("KV1301", Severity.ERROR, ("apiVersion",), f"{message}{checked}.", f"use {removed.use}")
    if converted is None:
        return None
    context.refused = False
    for note in converted.notes:
        context.add("KV1305", Severity.WARNING, (), note.message, note.mend, span=note.span, text=note.path)
    return converted.document


def _may_be_newer(api_version: str) -> bool:
    """Alpha and beta versions come and go with feature gates: such an object is kept as not modelled, not refused."""
    return "alpha" in api_version or "beta" in api_version


def _check_name(metadata: ObjectMeta, context: Context) -> None:
    if metadata.name or ("metadata", "name") in context.bad_paths:
        return
    if metadata.generate_name:
        message = "The object has generateName but no name, so it cannot be applied."
    else:
        message = "The object has no metadata.name."
    # The mapping that lacks it, even where the name is written and empty.
    span = context.document.locate(("metadata",))
    context.error("KV1108", ("metadata", "name"), message, "give it a name", span=span)


def _adopt(problem: Problem, source: Source, context: Context) -> None:
    """Turn a validation problem into a diagnostic, unless a decoding problem already explains it."""
    if context.explains(problem.path, missing=problem.id == REQUIRED, whole=problem.id == SELECTOR):
        return
    if problem.at_key:
        span = source.key_span(problem.path)
    elif problem.part is not None:
        span = source.part_span(problem.path, *problem.part)
    else:
        span = source.span(problem.path)
    context.add(problem.id, problem.severity, problem.path, problem.message, problem.mend, span=span, text=problem.text)


def expand(document: Document) -> tuple[list[Document], list[Diagnostic]]:
    """The objects of a document: itself, or the items of a list (lists may be nested)."""
    done: list[Document] = []
    problems: list[Diagnostic] = []
    queue = [document]
    while queue:
        current = queue.pop()
        plain = current.plain
        if not isinstance(plain, dict):
            done.append(current)
            continue
        api_version, kind, items = _text(plain, "apiVersion"), _text(plain, "kind"), plain.get("items")
        item_kind = registry.list_item_kind(api_version, kind, isinstance(items, list))
        if item_kind is None:
            done.append(current)
        elif isinstance(items, list):
            children = [current.child(("items", index)) for index in range(len(items))]
            children.reverse()
            queue += [_with_kind(child, api_version, item_kind) if item_kind else child for child in children]
        elif items is not None:
            context = Context(DEFAULT_VERSION, current, kind)
            context.error("KV1104", ("items",), f"The items of a {kind} are a list.")
            problems += context.finish()
    return done, problems


def _with_kind(document: Document, api_version: str, kind: str) -> Document:
    """Items of a typed list as the API returns it carry neither apiVersion nor kind; they are those of the list."""
    plain = document.plain
    if not isinstance(plain, dict):
        return document
    extra = {name: text for name, text in (("apiVersion", api_version), ("kind", kind)) if name not in plain}
    return document.extended(extra) if extra else document


def _text(plain: dict[str, Plain], key: str) -> str:
    value = plain.get(key)
    return value if isinstance(value, str) else ""


def object_name(plain: Plain) -> str:
    """``Deployment shop/web`` of an object that may be broken; as much of it as can be read."""
    if not isinstance(plain, dict):
        return ""
    api_version, kind = _text(plain, "apiVersion"), _text(plain, "kind")
    metadata = plain.get("metadata")
    name = namespace = ""
    if isinstance(metadata, dict):
        name, namespace = _text(metadata, "name"), _text(metadata, "namespace")
    if not namespace and registry.namespaced(api_version, kind):
        namespace = "default"
    place = f"{namespace}/{name}" if namespace and name else name
    return f"{kind} {place}".strip()


__all__ = ["Decoded", "DecodedAll", "as_served", "decode", "decode_all", "expand", "object_name", "structure"]
