"""Custom resource definitions of ``apiextensions.k8s.io/v1beta1``.

Sources: ``staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1/{conversion,defaults}.go`` and the
deprecation guide: what was said once for all versions is said for each one.
"""

from __future__ import annotations

from functools import partial

from kverify.api.conversion.tree import (
    EACH,
    Notes,
    default,
    drop,
    edit_root,
    entry_of,
    forget,
    given,
    mapped,
    put,
    rename,
    text_of,
)
from kverify.manifest.nodes import Entry, FieldPath, Mapping, Scalar, Sequence

SHARED = {
    "validation": "schema",
    "subresources": "subresources",
    "additionalPrinterColumns": "additionalPrinterColumns",
}
WEBHOOK = {"webhookClientConfig": "clientConfig", "conversionReviewVersions": "conversionReviewVersions"}
KEEP = "x-kubernetes-preserve-unknown-fields"


def definition(root: Mapping, notes: Notes) -> Mapping:
    def spec(mapping: Mapping, at: FieldPath) -> Mapping:
        mapping = _one_version(mapping, at, notes)
        mapping = _spread(mapping)
        mapping = _unknown_fields(mapping)
        return edit_root(mapping, ("conversion",), _conversion)

    root = edit_root(root, ("spec",), spec)
    columns = ("spec", "versions", EACH, "additionalPrinterColumns", EACH)
    return edit_root(root, columns, lambda column, _at: rename(column, "JSONPath", "jsonPath"))


def _one_version(spec: Mapping, at: FieldPath, notes: Notes) -> Mapping:
    """``version`` is the first and only one of ``versions`` when those are not given."""
    version, versions = entry_of(spec, "version"), given(spec, "versions")
    if version is None:
        return spec
    if versions is None:
        only = {"name": version.value, "served": True, "storage": True}
        return put(drop(spec, "version", "versions"), "versions", [only], version.key)
    names = [text_of(given(item, "name")) for item in versions.items] if isinstance(versions, Sequence) else []
    if names and text_of(version.value) != names[0]:
        return forget(spec, "version", at, notes, f"version is not the first of versions, which is {names[0]}.")
    return drop(spec, "version")


def _spread(spec: Mapping) -> Mapping:
    """Schema, subresources and columns of all versions belong to each one, unless it has its own."""
    for shared, name in SHARED.items():
        entry = entry_of(spec, shared)
        if entry is not None:
            fill = partial(_fill, name=name, entry=entry)
            spec = edit_root(drop(spec, shared), ("versions", EACH), fill)
    return spec


def _fill(version: Mapping, _at: FieldPath, *, name: str, entry: Entry) -> Mapping:
    return default(version, name, entry.value, entry.key)


def _unknown_fields(spec: Mapping) -> Mapping:
    """Unknown fields were kept unless ``preserveUnknownFields: false`` said otherwise; now the schema says it."""
    keep = given(spec, "preserveUnknownFields")
    spec = drop(spec, "preserveUnknownFields")
    if isinstance(keep, Scalar) and keep.value is False:
        return spec

    def version(mapping: Mapping, _at: FieldPath) -> Mapping:
        mapping = default(mapping, "schema", {})
        mapping = edit_root(mapping, ("schema",), lambda schema, _here: default(schema, "openAPIV3Schema", {}))
        return edit_root(mapping, ("schema", "openAPIV3Schema"), _open)

    return edit_root(spec, ("versions", EACH), version)


def _open(schema: Mapping, _at: FieldPath) -> Mapping:
    return default(default(schema, "type", "object"), KEEP, True)


def _conversion(conversion: Mapping, _at: FieldPath) -> Mapping:
    """``webhookClientConfig`` and ``conversionReviewVersions`` become parts of ``webhook``."""
    webhook = mapped(conversion, [])
    for old, new in WEBHOOK.items():
        entry = entry_of(conversion, old)
        if entry is not None:
            webhook = put(webhook, new, entry.value, entry.key)
    conversion = drop(conversion, "webhookClientConfig", "conversionReviewVersions")
    strategy = text_of(given(conversion, "strategy"))
    return put(conversion, "webhook", webhook) if webhook.keys and strategy == "Webhook" else conversion
