"""Whether the defaults of a schema fit it (``schema/defaulting/validation.go``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve

from kverify.api.custom.conformance import faults_of, report_faults
from kverify.api.custom.embedded import check_embedded
from kverify.api.custom.filling import META_FIELDS, prune
from kverify.api.custom.rules import Evaluation
from kverify.api.custom.schema import Schema
from kverify.api.validation.metadata import shorten
from kverify.api.validation.report import SCHEMA, Path, Report

Json = Any
_Surround = Callable[[Json], Json]


def check_defaults(schema: Schema, path: Path, report: Report) -> None:
    """Every default in the structural schema of a resource. Defaults of metadata are put into a resource first."""
    root = evolve(schema, embedded=True)
    _check(root, root, _resource, False, path, report)


def _resource(plain: Json) -> Json:
    return {**plain, "apiVersion": "validation/v1", "kind": "Validation"} if isinstance(plain, Mapping) else plain


def _check(schema: Schema, root: Schema, around: _Surround, in_metadata: bool, path: Path, report: Report) -> None:
    if schema.embedded:
        root, around, in_metadata = schema, _resource, False
    if schema.has_default:
        _check_default(schema, root, around if in_metadata else None, path.child("default"), report)
    # Below additionalProperties there are no defaults.
    if schema.items is not None:
        items = path.child("items")
        _check(schema.items, root, lambda focus: around([focus]), in_metadata, items, report)
    for name, inner in schema.properties.items():
        inside = in_metadata or (schema.embedded and name in META_FIELDS)
        here = path.child("properties").key(name)
        _check(inner, root, _under(name, around), inside, here, report)


def _under(name: str, around: _Surround) -> _Surround:
    return lambda focus: around({name: focus})


def _check_default(schema: Schema, root: Schema, around: _Surround | None, path: Path, report: Report) -> None:
    default = schema.default
    before = len(report.problems)
    if around is not None:
        probe = Report(report.version)
        check_embedded(around(default), root, Path(), probe, root=True)
        if probe.problems:
            report.error(SCHEMA, path, f"Metadata with this default is not valid. {probe.problems[0].message}")
            return
    else:
        _, unknown = prune(default, schema, schema.embedded)
        if unknown:
            fields = ", ".join(shorten(str(way[-1])) for way in unknown)
            report.error(SCHEMA, path, f"The default has fields that the schema does not know: {fields}.")
        found = len(report.problems)
        check_embedded(default, schema, path, report, root=schema.embedded)
        if len(report.problems) > found:
            return
    report_faults(faults_of(default, schema, report.version), path, report)
    if len(report.problems) == before:
        Evaluation(report.version, report).check(default, schema, path, default, schema.embedded)
