"""Resources inside of custom resources (``x-kubernetes-embedded-resource``): their apiVersion, kind and metadata.

Source: ``objectmeta`` of ``k8s.io/apiextensions-apiserver/pkg/apiserver/schema``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from kverify.api.custom.conformance import Way
from kverify.api.custom.schema import Schema
from kverify.api.reader import Context, read_object, shape_of
from kverify.api.types.meta import ObjectMeta
from kverify.api.validation import formats
from kverify.api.validation.metadata import check_format, check_metadata
from kverify.api.validation.report import CUSTOM, Path, Report
from kverify.manifest import read_text

Json = Any


def check_embedded(value: Json, schema: Schema | None, path: Path, report: Report, root: bool = False) -> None:
    """``objectmeta.Validate``: every embedded resource in ``value``, and ``value`` itself when it is one (``root``)."""
    if root:
        schema = evolve(schema or Schema(), embedded=True)
    if schema is None:
        return
    if isinstance(value, Mapping):
        if schema.embedded:
            _check_resource(value, path, report)
        for key, inner in value.items():
            if key in schema.properties:
                check_embedded(inner, schema.properties[key], path.child(key), report)
            elif schema.additional is not None:
                check_embedded(inner, schema.additional, path.key(key), report)
    elif isinstance(value, (list, tuple)):
        for here, item in path.each(value):
            check_embedded(item, schema.items, here, report)


def _check_resource(value: Mapping[str, Json], path: Path, report: Report) -> None:
    for name in ("apiVersion", "kind"):
        here, text = path.child(name), value.get(name, "")
        if not isinstance(text, str):
            report.error(CUSTOM, here, f"{name} is a text.")
        elif not text:
            report.required(here, f"An embedded resource has {name}.", f"add {name}")
        elif name == "kind":
            check_format(text, here, report, lambda kind: formats.dns_label_1035(kind.lower()), CUSTOM)
        elif text.count("/") > 1:
            report.error(CUSTOM, here, f"{text!r} is not of the form group/version.", "write it as apps/v1")
    if "metadata" not in value:
        return
    here = path.child("metadata")
    metadata, why = read_metadata(value["metadata"], report.version)
    if metadata is None:
        report.error(CUSTOM, here, f"The metadata cannot be read. {why}")
        return
    named = metadata if metadata.name else evolve(metadata, name="fakename")
    check_metadata(named, here, report, formats.path_segment, namespaced=bool(metadata.namespace), finalizers=False)


def unknown_metadata(value: Json, schema: Schema | None, way: Way = ()) -> list[Way]:
    """Where the metadata of embedded resources has fields that no metadata has."""
    found: list[Way] = []
    if schema is None:
        return found
    if isinstance(value, Mapping):
        metadata = value.get("metadata") if schema.embedded else None
        if isinstance(metadata, Mapping):
            known = shape_of(ObjectMeta).fields
            found += [(*way, "metadata", key) for key in metadata if key not in known]
        for key, inner in value.items():
            found += unknown_metadata(inner, schema.properties.get(key) or schema.additional, (*way, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            found += unknown_metadata(item, schema.items, (*way, index))
    return found


def read_metadata(value: Json, version: str) -> tuple[ObjectMeta | None, str]:
    """Metadata as the API server reads it, or why it cannot; fields that it does not know are dropped."""
    if value is None:
        return ObjectMeta(), ""
    document = read_text(json.dumps({"metadata": value}), "metadata").documents[0]
    context = Context(version, document)
    plain = document.plain
    assert isinstance(plain, dict)
    read = read_object(ObjectMeta, plain["metadata"], (None, "metadata"), context)
    problems = [problem for problem in context.finish() if problem.id != "KV1109"]
    if problems or not isinstance(read, ObjectMeta):
        return None, problems[0].message if problems else ""
    return read, ""
